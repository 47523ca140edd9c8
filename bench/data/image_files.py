"""Image files, animations and folders of them, read as pixels."""

import os
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from bench.faces import Images
from bench.memory import empty

# All that is ever decoded, whatever a file is called. (Of others, EPS would start Ghostscript.)
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
SUFFIXES = {".apng", ".bmp", ".gif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm"}
SUFFIXES |= {".tif", ".tiff", ".webp"}
MAX_PIXELS = 64_000_000  # of a picture, or of all frames; more is a mistake or an attack on memory
MAX_FRAME_PIXELS = 9_000_000  # of one of several frames, which is in memory a few times: 4K
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV"}  # of 8 bits
_CLUTTER = {"thumbs.db", "desktop.ini"}


class Frames(NamedTuple):
    """Pictures by name, uint8 (3, size, size) each, and how many had another size."""

    pictures: dict[str, Images]
    n_resized: int


class Cut(NamedTuple):
    """Squares cut out of picture files.

    Attributes:
        images: uint8, (N, 3, size, size).
        boxes: float64, (N, 4): left, top and side of each square in px of its picture, upright,
            and the degrees by which the picture was turned first, about where a face's middle lies.
    """

    images: Images
    boxes: NDArray[np.float64]


class _RefusedError(ValueError):
    """A file that can be decoded, but must not be."""


def decoded(paths: list[Path], size_px: int, crop: float, centre: tuple[float, float]) -> Cut:
    """A square of each picture, resized.

    The square's side is `crop` times the picture's shorter side; its centre is (x, y), fractions of
    width and height.

    Raises:
        ValueError: if a file is empty, broken, huge, or has pixels of an unknown scale.
    """
    images = empty((len(paths), 3, size_px, size_px), np.uint8)
    boxes = np.zeros((len(paths), 4))
    for image, box, path in zip(images, boxes, paths, strict=True):
        picture = upright(path)
        side = crop * min(picture.size)
        left, top = (c * extent - side / 2 for c, extent in zip(centre, picture.size, strict=True))
        box[:3] = left, top, side
        image[:] = square(picture, (left, top), side, size_px)
    return Cut(images, boxes)


def upright(path: Path) -> Image.Image:
    """The picture (of an animation: the first) in RGB, rotated as its EXIF orientation says.

    Grey of 16 bits and floats of 0..1 are scaled to 0..255; transparent pixels show white.

    Raises:
        ValueError: if the file is empty, broken, huge, or has pixels of an unknown scale.
    """
    ((_, picture),) = read_frames(path)
    return picture


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of the upright picture, px; it is not decoded.

    Raises:
        ValueError: if the file is empty, broken or huge.
    """
    with _opened(path) as picture:
        turned = picture.getexif().get(ExifTags.Base.Orientation, 1) >= 5  # by 90 degrees
        return (picture.height, picture.width) if turned else picture.size


def read_frames(path: Path, least_px: int = 0) -> Iterator[tuple[str, Image.Image]]:
    """As `upright`; with `least_px`, all frames of an animation, `-NUMBER` before each.

    They are decoded one by one. In the limit for all, a frame counts as `least_px` or more.
    """
    with _opened(path) as opened:
        still = not least_px or opened.format == "MPO"  # MPO: a phone adds small copies
        n, n_pixels = 1 if still else getattr(opened, "n_frames", 1), 0
        for number in range(n):
            opened.seek(number)
            n_pixels += max(opened.width * opened.height, least_px)
            _check_size(path, opened, n, n_pixels)
            picture = _rgb(ImageOps.exif_transpose(opened), path, opened.format or "")
            yield f"-{number:04d}" if n > 1 else "", picture


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The file, opened; what decoders raise becomes ValueError with its name."""
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty; restore or remove it")
    try:
        # Pillow's warnings do not name the file.
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS) as opened:
            yield opened
    except _RefusedError:
        raise
    except Exception as error:  # decoders raise many types; the message names the file
        raise ValueError(
            f"{path} cannot be read, it is corrupt, truncated, too large or not one of "
            f"{', '.join(FORMATS)} ({error}); restore or remove it"
        ) from error


def _check_size(path: Path, frame: Image.Image, n_frames: int, n_pixels: int) -> None:
    one = MAX_PIXELS if n_frames == 1 else MAX_FRAME_PIXELS
    if frame.width * frame.height > one or n_pixels > MAX_PIXELS:
        times = f" in each of {n_frames} frames" if n_frames > 1 else ""
        raise _RefusedError(
            f"{path} unpacks to {frame.width}x{frame.height} pixels{times}, expected at most "
            f"{one:,}, and {MAX_PIXELS:,} in all; shrink or remove it"
        )


def _rgb(picture: Image.Image, path: Path, kind: str) -> Image.Image:
    """The picture in 8-bit RGB; `kind` is its file's format."""
    mode = picture.mode
    if mode == "F" or mode.startswith("I;16") or (mode == "I" and kind in ("PNG", "PPM")):
        white = 1 if mode == "F" else 65535  # Pillow scales PPM to 16 bits
        values = np.asarray(picture, np.float32)
        if not ((values >= 0) & (values <= white)).all():  # nan is neither
            raise _RefusedError(
                f"{path} has float pixels that are not all in 0..1; scale and save it again"
            )
        picture = Image.fromarray(np.rint(values * (255 / white)).astype(np.uint8))
    elif mode not in _MODES:
        raise _RefusedError(
            f"{path} has pixels of Pillow's mode {mode!r}, expected 8-bit grey or colour, 16-bit "
            "grey, or floats of 0..1; save it as one of these"
        )
    if picture.has_transparency_data:
        colours = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours)
    return picture.convert("RGB")


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


def pictures_in(folder: Path, depth: int = 0, known: Collection[Path] = ()) -> list[Path]:
    """The pictures at this depth below a folder (1: in it; 0: at any), sorted.

    Hidden files are skipped, and `known` ones, which have another purpose; a warning counts others.
    """
    pictures: list[Path] = []
    others: list[Path] = []
    for at, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = [n for n in folders if not _hidden(n) and Path(at, n) not in known]
        paths = [path for n in names if not _hidden(n) and (path := Path(at, n)) not in known]
        for link in (path for n in folders if (path := Path(at, n)).is_symlink()):
            paths += (path for path in link.iterdir() if not _hidden(path.name))  # walk skips links
        for path in paths:
            wanted = depth in (0, len(path.relative_to(folder).parts))
            readable = wanted and path.suffix.lower() in SUFFIXES and path.is_file()
            (pictures if readable else others).append(path)
    if others:
        expected = "/".join(["FOLDER"] * (depth - 1) + ["PICTURE"])
        warnings.warn(
            f"not read: {len(others)} file{'s' * (len(others) > 1)}, e.g. {min(others)}; expected "
            f"{expected} below {folder}, with the ending {', '.join(sorted(SUFFIXES))}",
            stacklevel=3,
        )
    return sorted(pictures)


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _CLUTTER


def _raise(error: OSError) -> None:
    raise error


def frames(path: Path, size_px: int) -> Frames:
    """The pictures of a file or a folder (and its sub-folders), in the order of frames or names.

    Pictures of another size are cut to a centred square and resized. Names are paths relative to
    the folder, without suffix.

    Raises:
        FileNotFoundError: if there is no picture.
        ValueError: if one cannot be read, or two have the same name.
    """
    root, files = (path, pictures_in(path)) if path.is_dir() else (path.parent, [path])
    if not files or not path.exists():
        raise FileNotFoundError(f"expected a picture, an animation or a folder, none at {path}")
    pictures: dict[str, Images] = {}
    n_resized = 0
    for file in files:
        for number, image in read_frames(file, size_px**2):
            name = file.relative_to(root).with_suffix("").as_posix() + number
            if name in pictures:
                raise ValueError(f"two pictures are called {name}, e.g. {file}; rename one")
            n_resized += image.size != (size_px, size_px)
            resized = ImageOps.fit(image, (size_px, size_px), Image.Resampling.LANCZOS)
            pictures[name] = np.asarray(resized).transpose(2, 0, 1)  # (3, size, size)
    return Frames(pictures, n_resized)
