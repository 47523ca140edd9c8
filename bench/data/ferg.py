"""FERG-DB: frames of animated characters."""

import re
from dataclasses import dataclass

from bench.api import field
from bench.data.official import EXPRESSIONS, GENDERS, Cells, Official, register
from bench.data.protocols import PROTOCOLS
from bench.faces import Target

_WOMEN, _MEN = ("aia", "bonnie", "mery"), ("jules", "malcolm", "ray")


@register("ferg")
@dataclass(frozen=True)
class FERG(Official):
    """Frames of six animated characters; labels: identity, gender, expression.

    Reads `FERG_DB_256/aia/aia_anger/aia_anger_1.png`; transparent pixels become white. The clips
    that the frames were taken from are not marked: so many consecutive frames make a take.

    Source: Aneja, Colburn, Faigin, Shapiro, Mones, ACCV 2016 [aneja2016ferg]; the protocol
        `closed-paper` is that of Chen, Konrad, Ishwar, CVPR-W 2018 [chen2018pprl].

    Licence: that of the form that gives access; cite the paper.

    Access: ask through the form of the authors' page at grail.cs.washington.edu, Facial Expression
        Research Group 2D Database, and unpack FERG_DB_256.zip in the folder `ferg`.
    """

    protocol: str = field("closed-paper", about="how pictures are split", among=PROTOCOLS)
    frames: int = field(100, about="consecutive frames in a take (ours)", within="[1, 1e5]")

    pictures = "FERG_DB_256/*/*/*.png"
    example = "FERG_DB_256/aia/aia_anger/aia_anger_1.png"
    pattern = re.compile(
        rf"/(?P<identity>{'|'.join(_WOMEN + _MEN)})/(?P=identity)_(?P<expression>[a-z]+)"
        r"/(?P=identity)_(?P=expression)_(?P<number>\d+)\.png$"
    )
    variants = (("*FERG_3D*", "the 3-D variant of the database; get FERG_DB_256"),)
    extent_px = (256, 256)
    targets = (
        Target("identity"),
        Target("gender", classes=GENDERS),
        Target("expression", classes=EXPRESSIONS),
    )

    def cells(self, found: re.Match[str]) -> Cells:
        """The labels of a frame; its take is its expression and its block of frames."""
        take = f"{found['expression']} {int(found['number']) // self.frames:05}"
        return {**found.groupdict(), "gender": GENDERS[found["identity"] in _MEN], "take": take}
