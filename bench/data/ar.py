"""The AR face database: raw pictures of faces, also with sunglasses and scarves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bench.api import Collection, Context, Role
from bench.data.image_files import square
from bench.data.official import GENDERS, Cells, Official, register
from bench.data.photographs import Listing
from bench.data.protocols import new_image_ids
from bench.faces import Faces, Target
from bench.memory import empty

_WIDTH, _HEIGHT = 768, 576
_EXPRESSIONS = ("neutral", "joy", "anger", "scream")  # in the order of the numbers 1 to 4
_WORN = ("nothing", "sunglasses", "scarf")
_LIGHTS = ("even", "left", "right", "both")
# expression, what is worn and light of the numbers 1 to 13; after 14 days, of 14 to 26
_STATES = (
    *((expression, "nothing", "even") for expression in _EXPRESSIONS),
    *(("neutral", "nothing", light) for light in _LIGHTS[1:]),
    *(("neutral", worn, light) for worn in _WORN[1:] for light in _LIGHTS[:3]),
)


@register("ar")
@dataclass(frozen=True)
class AR(Official):
    """People before one camera on two days; labels: identity, gender, expression, worn, light.

    Reads `m-001-01.raw` in any folder: gender, person, state. A file holds 768x576 bytes of red,
    then of green and of blue (unconfirmed: so do other programs read it). The two days are takes.

    Source: Martinez, Benavente, CVC Technical Report 24, 1998 [martinez1998ar].

    Licence: for research; not to be passed on.

    Access: ask Aleix Martinez, Ohio State University, and unpack the .raw files in the folder `ar`.
    """

    pictures = "**/*.raw"
    example = "m-001-01.raw"
    pattern = re.compile(r"/(?P<identity>(?P<gender>[mfw])-\d{2,3})-(?P<state>\d\d)\.raw$", re.I)
    variants = (
        ("**/*.[bB][mM][pP]", "the cropped and warped variant; get the .raw files"),
        ("**/*.[jp][pn]g", "pictures that were converted or cropped; get the .raw files"),
    )
    targets = (
        Target("identity"),
        Target("gender", classes=GENDERS),
        Target("expression", classes=_EXPRESSIONS),
        Target("worn", classes=_WORN),
        Target("light", classes=_LIGHTS),
    )

    def listing(self) -> Listing:
        """The pictures in the order of their paths."""
        if self.align:
            raise ValueError("expected ar without align=true: MTCNN does not read its raw pictures")
        listing = super().listing()
        self.check_files(listing.paths)  # all of them, as nothing is decoded
        return listing

    def check_files(self, paths: Sequence[Path]) -> None:
        """Raises ValueError if one of these files has another length."""
        for path in paths:
            if (n_bytes := path.stat().st_size) != 3 * _WIDTH * _HEIGHT:
                raise ValueError(
                    f"{path}: expected {3 * _WIDTH * _HEIGHT} bytes, 768x576 px, got {n_bytes}; it "
                    "is cropped or truncated: restore it"
                )

    def cells(self, found: re.Match[str]) -> Cells:
        """The labels in a picture's name; its take is the day."""
        day, state = divmod(int(found["state"]) - 1, len(_STATES))
        if not 0 <= day <= 1:
            raise ValueError(
                f"{found.string}: expected a state from 01 to 26, got {found['state']}; rename or "
                "remove it"
            )
        shown = dict(zip(("expression", "worn", "light"), _STATES[state], strict=True))
        who, gender = found["identity"].lower(), GENDERS[found["gender"].lower() == "m"]
        return {"identity": who, "gender": gender, "take": str(day), **shown}

    def originals(self, role: Role | None = None) -> Sequence[Path]:
        """None: programs of others do not read raw pictures."""
        return ()

    def load(self, context: Context) -> Collection:
        """The pictures in the order of the listing."""
        listing = self.listing()
        images = empty((len(listing.paths), 3, self.size, self.size), np.uint8)
        side = self.crop * _HEIGHT
        corner = (self.centre[0] * _WIDTH - side / 2, self.centre[1] * _HEIGHT - side / 2)
        for image, path in zip(images, listing.paths, strict=True):
            image[:] = square(_opened(path), corner, side, self.size)
        ids = new_image_ids(len(images), self.name)
        return Collection(Faces(images, listing.labels, ids), listing.targets)


def _opened(path: Path) -> Image.Image:
    """The picture in a file of three planes."""
    planes = np.fromfile(path, np.uint8).reshape(3, _HEIGHT, _WIDTH)
    return Image.fromarray(np.ascontiguousarray(planes.transpose(1, 2, 0)))  # (H, W, 3)
