"""Picture files as pixels."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from bench.faces import Images

MAX_PIXELS = 64_000_000  # of one file; more is a mistake or an attack on memory


def decoded(paths: list[Path], size_px: int, crop: float, centre: tuple[float, float]) -> Images:
    """The pictures, uint8, (N, 3, size, size): a square cut out around `centre`, resized.

    Args:
        paths: files that Pillow reads.
        size_px: side of the result.
        crop: side of the square, a fraction of the picture's shorter side.
        centre: (x, y) of the square, fractions of width and height.

    Raises:
        ValueError: if a file is empty, broken or huge; its name and the remedy are told.
    """
    images = np.empty((len(paths), 3, size_px, size_px), np.uint8)
    for image, path in zip(images, paths, strict=True):
        whole = upright(path)
        side = crop * min(whole.size)
        left, top = (c * extent - side / 2 for c, extent in zip(centre, whole.size, strict=True))
        image[:] = cut(whole, (left, top), side, size_px)
    return images


def upright(path: Path) -> Image.Image:
    """The whole picture in RGB, turned as its camera says.

    Raises:
        ValueError: if the file is empty, broken or huge.
    """
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty; restore or remove it")
    try:
        with Image.open(path) as opened:
            width, height = opened.size
            huge = width * height > MAX_PIXELS
            whole = opened if huge else ImageOps.exif_transpose(opened).convert("RGB")
    except Exception as error:  # decoders raise all sorts; the user wants to know the file
        raise ValueError(f"{path} is no whole picture ({error}); restore or remove it") from error
    if huge:
        raise ValueError(
            f"{path} unpacks to {width}x{height} pixels, more than {MAX_PIXELS:,}; shrink or "
            "remove it"
        )
    return whole


def cut(picture: Image.Image, corner: tuple[float, float], side: float, size_px: int) -> Images:
    """A square, uint8, (3, size, size); one that would leave the picture is moved inside.

    Args:
        picture: RGB, no side shorter than `side`.
        corner: left and top of the square, px.
        side: of the square, px.
        size_px: side of the result.
    """
    left, top = (
        min(max(at, 0), extent - side) for at, extent in zip(corner, picture.size, strict=True)
    )
    box = (left, top, left + side, top + side)
    small = picture.resize((size_px, size_px), Image.Resampling.LANCZOS, box)
    return np.asarray(small).transpose(2, 0, 1)  # (3, size, size)
