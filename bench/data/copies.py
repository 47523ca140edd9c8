"""Copies of picture files that tell nothing but the pictures."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from bench.data.image_files import FORMATS, upright
from bench.faces import Images

# Formats that are copied as they are, and the entries of Pillow's `info` that hold no names.
_COPIED = ("BMP", "GIF", "JPEG", "PNG", "WEBP")
_HARMLESS = {"adobe", "adobe_transform", "aspect", "background", "blend", "chromaticity"}
_HARMLESS |= {"compression", "default_image", "disposal", "dpi", "duration", "extension", "gamma"}
_HARMLESS |= {"interlace", "jfif", "jfif_density", "jfif_unit", "jfif_version", "loop"}
_HARMLESS |= {"progression", "progressive", "srgb", "timestamp", "transparency", "version"}
_PNG = ".png"


def copied(originals: Sequence[Path], folder: Path) -> list[Path]:
    """Copies of the files in a folder under the names `opaque_name`; equal files share a copy.

    A file with metadata is decoded and written anew as PNG.
    """
    copies = []
    for path in originals:
        plain = _is_plain(path)
        copy = folder / (opaque_name(path) + (path.suffix.lower() if plain else _PNG))
        if not copy.exists():
            if plain:
                copy.write_bytes(path.read_bytes())
            else:
                upright(path).save(copy, compress_level=1)
        copies.append(copy)
    return copies


def drawn(images: Images, folder: Path) -> list[Path]:
    """PNG files of pictures, uint8 (N, 3, H, W), in a folder; equal pictures share a file."""
    files = []
    for image in images:
        files.append(folder / f"{drawn_name(image)}{_PNG}")
        if not files[-1].exists():
            Image.fromarray(image.transpose(1, 2, 0)).save(files[-1], compress_level=1)
    return files


def drawn_name(image: Images) -> str:
    """A name, 24 hexadecimal digits, that depends on the pixels, uint8 (3, H, W), alone."""
    return _digest(repr(image.shape).encode() + image.tobytes())


def opaque_name(path: Path) -> str:
    """A name, 24 hexadecimal digits, that depends on nothing but what the copy of a file shows."""
    if _is_plain(path):
        return _digest(path.read_bytes())
    picture = upright(path)
    return _digest(repr(picture.size).encode() + picture.tobytes())


def _is_plain(path: Path) -> bool:
    """Whether the file holds nothing besides the picture.

    Raises:
        ValueError: if it is not a picture.
    """
    try:
        with Image.open(path, formats=FORMATS) as picture:
            texts = any(isinstance(value, str) for value in picture.info.values())
            return picture.format in _COPIED and picture.info.keys() <= _HARMLESS and not texts
    except OSError:
        upright(path)  # says what is wrong
        raise


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:24]
