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
        image[:] = _decoded(path, size_px, crop, centre)
    return images


def _decoded(path: Path, size_px: int, crop: float, centre: tuple[float, float]) -> Images:
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty; restore or remove it")
    try:
        with Image.open(path) as opened:
            width, height = opened.size
            huge = width * height > MAX_PIXELS
            upright = opened if huge else ImageOps.exif_transpose(opened).convert("RGB")
    except Exception as error:  # decoders raise all sorts; the user wants to know the file
        raise ValueError(f"{path} is no whole picture ({error}); restore or remove it") from error
    if huge:
        raise ValueError(
            f"{path} unpacks to {width}x{height} pixels, more than {MAX_PIXELS:,}; shrink or "
            "remove it"
        )
    side = crop * min(upright.size)
    left, top = (c * extent - side / 2 for c, extent in zip(centre, upright.size, strict=True))
    left = min(max(left, 0), upright.size[0] - side)
    top = min(max(top, 0), upright.size[1] - side)
    box = (left, top, left + side, top + side)
    small = upright.resize((size_px, size_px), Image.Resampling.LANCZOS, box)
    return np.asarray(small).transpose(2, 0, 1)  # (3, size, size)
