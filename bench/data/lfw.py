"""Labeled Faces in the Wild."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bench.api import FacePoints, field
from bench.data.csv_files import text_of
from bench.data.official import GENDERS, Entry, Official, and_more, points_in_square, register
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
        return super().face_points or points_in_square(POINTS, (1, 1), self)

    def entries(self) -> Iterator[Entry]:
        """The pictures by name; under `closed` protocols, of people with enough pictures."""
        entries = list(super().entries())
        gender_of = self._genders({path.name for path, _ in entries})
        gender = {path.parent.name: gender_of[path.name] for path, _ in entries}
        if both := [p for p, _ in entries if gender_of[p.name] != gender[p.parent.name]]:
            raise ValueError(
                f"expected each person in one list, got {both[0].parent.name} in both; fix "
                f"{' or '.join(LISTS)}"
            )
        kept = set(gender)
        if self.protocol != "open":
            ranked = Counter(path.parent.name for path, _ in entries).most_common()
            enough = [name for name, n in ranked if n >= self.min_pictures]
            sides = ([name for name in enough if gender[name] == one] for one in (0, 1))
            turn = {name: i for side in sides for i, name in enumerate(side)}
            kept = {*sorted(enough, key=turn.__getitem__)[: self.people or None]}
        for path, cells in entries:
            if path.parent.name in kept:
                yield path, {**cells, "gender": GENDERS[gender[path.parent.name]]}

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
