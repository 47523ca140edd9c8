"""Image files, animations and folders of them, read as pixels."""

from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from bench.faces import Images

SUFFIXES = {".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
MAX_PIXELS = 64_000_000  # of one file; more is a mistake or an attack on memory


class Frames(NamedTuple):
    """Pictures by name, uint8 (3, size, size) each, and how many had another size."""

    pictures: dict[str, Images]
    n_resized: int


def decoded(paths: list[Path], size_px: int, crop: float, centre: tuple[float, float]) -> Images:
    """A square of each picture, resized, uint8, (N, 3, size_px, size_px).

    The square's side is `crop` times the picture's shorter side; its centre is (x, y), fractions of
    width and height.

    Raises:
        ValueError: if a file is empty, broken or huge.
    """
    images = np.empty((len(paths), 3, size_px, size_px), np.uint8)
    for image, path in zip(images, paths, strict=True):
        picture = upright(path)
        side = crop * min(picture.size)
        left, top = (c * extent - side / 2 for c, extent in zip(centre, picture.size, strict=True))
        image[:] = square(picture, (left, top), side, size_px)
    return images


def upright(path: Path) -> Image.Image:
    """The picture (of an animation: the first) in RGB, rotated as its EXIF orientation says.

    Raises:
        ValueError: if the file is empty, broken or huge.
    """
    return _read(path, 1)[0]


def _read(path: Path, most: int | None = None) -> list[Image.Image]:
    """As `upright`, but the first `most` frames of an animation, or all of them."""
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty; restore or remove it")
    try:
        with Image.open(path) as opened:
            width, height = opened.size
            huge = width * height > MAX_PIXELS
            read = islice(ImageSequence.Iterator(opened), 0 if huge else most)
            pictures = [ImageOps.exif_transpose(frame).convert("RGB") for frame in read]
    except Exception as error:  # decoders raise many types; the message names the file
        raise ValueError(
            f"{path} cannot be read, it is corrupt or truncated ({error}); restore or remove it"
        ) from error
    if huge:
        raise ValueError(
            f"{path} unpacks to {width}x{height} pixels, expected at most {MAX_PIXELS:,}; shrink "
            "or remove it"
        )
    return pictures


def square(picture: Image.Image, corner: tuple[float, float], side: float, size_px: int) -> Images:
    """A square cut out of an RGB picture and resized, uint8, (3, size_px, size_px).

    `corner` (left, top) and `side` are in px; a square that leaves the picture is moved inside.
    """
    left, top = (
        min(max(at, 0), extent - side) for at, extent in zip(corner, picture.size, strict=True)
    )
    box = (left, top, left + side, top + side)
    resized = picture.resize((size_px, size_px), Image.Resampling.LANCZOS, box)
    return np.asarray(resized).transpose(2, 0, 1)  # (3, size, size)


def frames(path: Path, size_px: int) -> Frames:
    """The pictures of a file or a folder (and its sub-folders), in the order of frames or names.

    Pictures of another size are cut to a centred square and resized. Names are paths relative to
    the folder, without suffix.

    Raises:
        FileNotFoundError: if there is no picture.
        ValueError: if one cannot be read, or two have the same name.
    """
    suffixes = SUFFIXES | {".gif", ".apng"}
    root, files = path.parent, [path]
    if path.is_dir():
        root, files = path, sorted(f for f in path.rglob("*") if f.suffix.lower() in suffixes)
    if not files or not path.exists():
        raise FileNotFoundError(f"expected a picture, an animation or a folder, none at {path}")
    pictures: dict[str, Images] = {}
    n_resized = 0
    for file in files:
        read = _read(file)
        for number, image in enumerate(read):
            name = file.relative_to(root).with_suffix("").as_posix()
            name += f"-{number:04d}" if len(read) > 1 else ""
            if name in pictures:
                raise ValueError(f"two pictures are called {name}, e.g. {file}; rename one")
            n_resized += image.size != (size_px, size_px)
            resized = ImageOps.fit(image, (size_px, size_px), Image.Resampling.LANCZOS)
            pictures[name] = np.asarray(resized).transpose(2, 0, 1)  # (3, size, size)
    return Frames(pictures, n_resized)
