"""UTKFace: faces of all ages."""

import re
from bisect import bisect
from dataclasses import dataclass

from bench.data.fairface import AGE_GROUPS
from bench.data.official import GENDERS, Cells, Unidentified, register
from bench.faces import Target

_LOWEST = (3, 10, 20, 30, 40, 50, 60, 70)  # years of the age groups from the second on
_ETHNICITIES = ("White", "Black", "Asian", "Indian", "Others")  # in the order of their numbers


@register("utkface")
@dataclass(frozen=True)
class UTKFace(Unidentified):
    """Aligned photographs of unknown people from the web; labels: gender, age, ethnicity.

    Reads `UTKFace/26_1_0_20170116174525125.jpg.chip.jpg`: age, gender (1: female), ethnicity, time.
    Ages are grouped as in `fairface`. A few names lack the ethnicity, which is then missing. Names,
    their numbers and the size, 200x200 px, are unconfirmed.

    Source: Zhang, Song, Qi, CVPR 2017 [zhang2017utkface].

    Licence: for research that is not commercial; the rights are those of the pictures' owners.

    Access: fetch `Aligned&Cropped Faces` (UTKFace.tar.gz) as susanqq.github.io/UTKFace says, and
        unpack it in the folder `utkface`; the page's own link may be dead, and no digest is known.
    """

    pictures = "UTKFace/*.jpg"
    example = "UTKFace/26_1_0_20170116174525125.jpg.chip.jpg"
    pattern = re.compile(
        r"/(?P<age>1?\d{1,2})_(?P<gender>[01])_(?:(?P<ethnicity>[0-4])_)?\d{17} ?\.?jpg\.chip\.jpg$"
    )
    variants = (
        ("crop_part1*", "a part of the pictures; get UTKFace.tar.gz"),
        ("part[123]*", "the pictures before alignment; get UTKFace.tar.gz"),
        ("UTKFace/*[0-9].jpg", "the pictures before alignment; get UTKFace.tar.gz"),
    )
    extent_px = (200, 200)
    targets = (
        Target("gender", classes=GENDERS),
        Target("age", classes=AGE_GROUPS),
        Target("ethnicity", classes=_ETHNICITIES),
    )

    def cells(self, found: re.Match[str]) -> Cells:
        """The labels in a picture's name."""
        age = AGE_GROUPS[bisect(_LOWEST, int(found["age"]))]
        ethnicity = _ETHNICITIES[int(found["ethnicity"])] if found["ethnicity"] else ""
        return {"gender": GENDERS[found["gender"] == "0"], "age": age, "ethnicity": ethnicity}
