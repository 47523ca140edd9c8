"""Labeled Faces in the Wild."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import FacePoints, field
from bench.data.csv_files import text_of
from bench.data.official import GENDERS, Official, and_more, register
from bench.data.photographs import Listing, Photographs
from bench.faces import Target

# mean landmarks in them, by MTCNN (600 pictures; their standard deviations are 0.02 to 0.04)
POINTS = ((0.422, 0.457), (0.600, 0.454), (0.511, 0.559), (0.437, 0.649), (0.590, 0.647))
LISTS = ("female_names.txt", "male_names.txt")  # in the order of the classes


@register("lfw")
@dataclass(frozen=True)
class LFW(Official):
    """Photographs of public figures from the news; labels: identity, gender.

    Reads `lfw/NAME/NAME_0001.jpg` and the third-party lists `male_names.txt`, `female_names.txt`.

    Source: Huang, Ramesh, Berg, Learned-Miller, UMass Amherst Technical Report 07-49, 2007
        [huang2007lfw].

    Licence: none is stated; for research, and no picture may be published again.

    Access: `bench data get lfw` fetches pictures and pairs.txt from a mirror, as the authors' page
        is down; the lists of names are others' work and must be put beside them.
    """

    # wide borders reveal identity
    crop: float = field(0.6, about="side of the square, a share of 250 px", within="(0, 1]")
    min_pictures: int = field(10, about="of a person in `closed`, at least", within="[1, 1e4]")
    people: int = field(
        0, about="of `closed`: women and men with most pictures in turn; 0: all", within="[0, 1e5]"
    )

    centre = (0.5, 0.53)  # of the faces in the official 250-px pictures
    pictures = "lfw/*/*.jpg"
    example = "lfw/NAME/NAME_0001.jpg"
    pattern = re.compile(r"/(?P<identity>[^/]+)/(?P=identity)_\d{4}\.jpg$")
    needs = LISTS
    extent_px = (250, 250)
    variants = (
        ("lfw?deepfunneled*", "another alignment; get lfw.tgz"),
        ("lfw?funneled*", "another alignment; get lfw.tgz"),
    )
    targets = (Target("identity"), Target("gender", classes=GENDERS))

    @property
    def face_points(self) -> FacePoints:
        """Those of aligned pictures, or the mean ones in the crop."""
        return super().face_points or mean_points(self)

    def listing(self) -> Listing:
        """The pictures by name; under `closed` protocols, of people with enough pictures."""
        pictures = np.array([path for path, _ in self.entries()], dtype=object)
        gender_of = self._genders({path.name for path in pictures})
        self.check_files([pictures[0]])
        names = np.array([path.parent.name for path in pictures])
        people, first, identity, n_pictures = np.unique(
            names, return_index=True, return_inverse=True, return_counts=True
        )
        gender = np.array([gender_of[path.name] for path in pictures], np.int64)
        if (both := gender != gender[first][identity]).any():
            raise ValueError(
                f"expected each person in one list, got {names[both][0]} in both; fix "
                f"{' or '.join(LISTS)}"
            )
        if self.protocol != "open":
            enough = np.flatnonzero(n_pictures >= self.min_pictures)
            ranked = enough[_alternating(n_pictures[enough], gender[first[enough]])]
            kept = np.sort(ranked[: self.people or None])
            self.check_any(kept)
            keep = np.isin(identity, kept)
            people, identity = people[kept], np.searchsorted(kept, identity[keep])
            pictures, gender = pictures[keep], gender[keep]
        labels = {"identity": identity.astype(np.int64), "gender": gender}
        identities = Target("identity", "categorical", tuple(map(str, people)))
        return Listing(list(pictures), labels, (identities, self.targets[1]))

    def _genders(self, present: set[str]) -> dict[str, int]:
        """The class of gender by file name."""
        texts = map(text_of, self.tables)
        listed = [set(map(str.strip, text.splitlines())) - {""} for text in texts]
        problems = {
            "in both lists": listed[0] & listed[1],
            "in neither list": present - listed[0] - listed[1],
            "listed, but without a file": (listed[0] | listed[1]) - present,
        }
        for problem, names in problems.items():
            if names:
                raise ValueError(
                    f"{problem}: {min(names)}{and_more(names)}; fix {' and '.join(LISTS)} in "
                    f"{self.folder}, or restore the files"
                )
        return {name: number for number, names in enumerate(listed) for name in names}


def mean_points(data: Photographs) -> FacePoints:
    """The mean landmarks in the square that a data set cuts out of the pictures of LFW."""
    # the pictures are squares too, so that shares do; a square that leaves one is moved inside
    centre = np.clip(data.centre, data.crop / 2, 1 - data.crop / 2)
    return tuple((float(x), float(y)) for x, y in (np.array(POINTS) - centre) / data.crop + 0.5)


def _alternating(n_pictures: NDArray[np.int64], gender: NDArray[np.int64]) -> NDArray[np.int64]:
    """People, (P,): the woman and the man with most pictures, then the next of each, and so on."""
    order = np.argsort(-n_pictures, kind="stable")
    male = gender[order] == 1
    rank = np.where(male, np.cumsum(male), np.cumsum(~male))  # within one gender
    return order[np.argsort(rank, kind="stable")]
