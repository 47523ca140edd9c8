"""Labeled Faces in the Wild."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.api import FacePoints, field
from bench.data.photographs import Listing, Photographs
from bench.faces import Target
from bench.registry import register

# mean landmarks in them, by MTCNN (600 pictures; their standard deviations are 0.02 to 0.04)
POINTS = ((0.422, 0.457), (0.600, 0.454), (0.511, 0.559), (0.437, 0.649), (0.590, 0.647))
LISTS = ("female_names.txt", "male_names.txt")  # in the order of the classes
GENDERS = ("female", "male")


@register("lfw")
@dataclass(frozen=True)
class LFW(Photographs):
    """Photographs of public figures from the news; labels: identity, gender.

    Reads `lfw/NAME/NAME_0001.jpg` and the third-party lists `male_names.txt`, `female_names.txt`.

    Source: Huang, Ramesh, Berg, Learned-Miller, UMass Amherst Technical Report 07-49, 2007
        [huang2007lfw].

    Licence: none is stated; for research, and no picture may be published again.
    """

    root: str = field("", about="folder with lfw/ and the lists; else $BENCH_DATA/lfw", at="path")
    # wide borders reveal identity
    crop: float = field(0.6, about="side of the square, a share of 250 px", within="(0, 1]")
    min_pictures: int = field(10, about="of a person in `closed`, at least", within="[1, 1e4]")
    people: int = field(
        0, about="of `closed`: women and men with most pictures in turn; 0: all", within="[0, 1e5]"
    )

    centre = (0.5, 0.53)  # of the faces in the official 250-px pictures

    @property
    def targets(self) -> tuple[Target, ...]:
        """Identity (its classes are known after loading) and gender."""
        return (Target("identity"), Target("gender", "categorical", GENDERS))

    @property
    def face_points(self) -> FacePoints:
        """Those of aligned pictures, or the mean ones in the crop."""
        inside = (np.array(POINTS) - self.centre) / self.crop + 0.5
        return super().face_points or tuple((float(x), float(y)) for x, y in inside)

    @property
    def folder(self) -> Path:
        """The folder with `lfw/` and the lists.

        Raises:
            FileNotFoundError: if it or something in it is missing.
        """
        if not self.root and "BENCH_DATA" not in os.environ:
            raise FileNotFoundError("LFW not found: set BENCH_DATA to the folder that holds lfw/")
        # Path's own raises RuntimeError for ~nobody
        folder = Path(os.path.expanduser(self.root or f"{os.environ['BENCH_DATA']}/lfw"))
        for needed in ("lfw", *LISTS):
            if not (folder / needed).exists():
                raise FileNotFoundError(
                    f"LFW not found: {folder / needed} is missing; point BENCH_DATA (or lfw:root=) "
                    "at the official layout with both lists of names"
                )
        return folder

    @property
    def tables(self) -> Sequence[Path]:
        """The lists of names."""
        return [self.folder / name for name in LISTS]

    def listing(self) -> Listing:
        """The pictures by name; under `closed` protocols, of people with enough pictures."""
        pictures = np.array(sorted((self.folder / "lfw").glob("*/*.jpg")), dtype=object)
        if not len(pictures):
            raise FileNotFoundError(f"no NAME/NAME_0001.jpg in {self.folder / 'lfw'}; unpack it")
        gender_of = self._genders({path.name for path in pictures})
        names = np.array([path.parent.name for path in pictures])
        people, first, identity, n_pictures = np.unique(
            names, return_index=True, return_inverse=True, return_counts=True
        )
        gender = np.array([gender_of[path.name] for path in pictures], np.int64)
        if (both := gender != gender[first][identity]).any():
            raise ValueError(
                f"{names[both][0]} is in both lists of names; fix {' or '.join(LISTS)}"
            )
        if self.protocol != "open":
            enough = np.flatnonzero(n_pictures >= self.min_pictures)
            ranked = enough[_alternating(n_pictures[enough], gender[first[enough]])]
            kept = np.sort(ranked[: self.people or None])
            keep = np.isin(identity, kept)
            people, identity = people[kept], np.searchsorted(kept, identity[keep])
            pictures, gender = pictures[keep], gender[keep]
        labels = {"identity": identity.astype(np.int64), "gender": gender}
        identities = Target("identity", "categorical", tuple(map(str, people)))
        return Listing(list(pictures), labels, (identities, self.targets[1]))

    def _genders(self, present: set[str]) -> dict[str, int]:
        """The class of gender by file name."""
        texts = [(self.folder / name).read_text("utf-8", "replace") for name in LISTS]
        listed = [set(map(str.strip, text.splitlines())) - {""} for text in texts]
        problems = {
            "in both lists": listed[0] & listed[1],
            "in neither list": present - listed[0] - listed[1],
            "listed, but without a file": (listed[0] | listed[1]) - present,
        }
        for problem, names in problems.items():
            if names:
                more = f" and {len(names) - 1} more" if len(names) > 1 else ""
                raise ValueError(
                    f"{problem}: {min(names)}{more}; fix {' and '.join(LISTS)} in {self.folder}, "
                    "or restore the files"
                )
        return {name: number for number, names in enumerate(listed) for name in names}


def _alternating(n_pictures: NDArray[np.int64], gender: NDArray[np.int64]) -> NDArray[np.int64]:
    """People, (P,): the woman and the man with most pictures, then the next of each, and so on."""
    order = np.argsort(-n_pictures, kind="stable")
    male = gender[order] == 1
    rank = np.where(male, np.cumsum(male), np.cumsum(~male))  # within one gender
    return order[np.argsort(rank, kind="stable")]
