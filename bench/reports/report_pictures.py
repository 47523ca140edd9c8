"""The sheets of a run's folder, small enough to stand in a page."""

import base64
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

WIDTHS_PX = (1100, 800, 560)  # tried until all pictures fit
QUALITY = 80  # of WebP
_TITLES = {
    "sheet": "Originals, what each defense gives out, and what judges say of each picture",
    "samples": "Samples of a trained network",
}


class Picture(NamedTuple):
    """A picture of the page; `data` is its address."""

    title: str
    width: int
    height: int
    data: str


def pictures(folder: Path, n_bytes: int) -> list[Picture]:
    """Sheets, then samples, in at most so many bytes; the last ones are left out if need be.

    Raises:
        ValueError: if a file is not a picture.
    """
    paths = [path for kind in _TITLES for path in sorted(folder.glob(f"{kind}-*.png"))]
    found: list[Picture] = []
    for width in WIDTHS_PX:
        found = [_picture(path, width) for path in paths]
        if _size(found) <= n_bytes:
            break
    while found and _size(found) > n_bytes:
        found.pop()
    return found


def _size(found: Iterable[Picture]) -> int:
    return sum(len(picture.data) + 500 for picture in found)  # with its title


def _picture(path: Path, width: int) -> Picture:
    from PIL import Image  # here: `bench --help` does not wait for it

    try:
        with Image.open(path) as opened:
            image = opened.convert("RGB")
    except (OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"expected a PNG at {path}, got {error}; run the grid again") from error
    image.thumbnail((width, 4 * width))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY)
    data = f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}"
    return Picture(f"{_TITLES[path.name.partition('-')[0]]} ({path.name})", *image.size, data)
