"""Pictures as a person has them: a file, the frames of an animation, or a folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from bench.data.folder import SUFFIXES
from bench.data.pictures import MAX_PIXELS
from bench.faces import Images


class Frames(NamedTuple):
    """Pictures by name, uint8 (3, size, size) each, and how many had another size."""

    pictures: dict[str, Images]
    n_resized: int


def frames(path: Path, size_px: int) -> Frames:
    """The pictures of a file, or of a folder and those in it, in the order of frames or names.

    One of another size is cut to a centred square and resized. Names are paths in the folder,
    without suffix.

    Raises:
        FileNotFoundError: if there is no picture.
        ValueError: if one cannot be read, or two have one name.
    """
    suffixes = SUFFIXES | {".gif", ".apng"}
    root, files = path.parent, [path]
    if path.is_dir():
        root, files = path, sorted(f for f in path.rglob("*") if f.suffix.lower() in suffixes)
    if not files or not path.exists():
        raise FileNotFoundError(f"a picture, an animation or a folder is wanted, none at {path}")
    pictures: dict[str, Images] = {}
    n_resized = 0
    for file in files:
        for ending, image in _opened(file):
            name = file.relative_to(root).with_suffix("").as_posix() + ending
            if name in pictures:
                raise ValueError(f"two pictures are called {name}, also {file}; rename one")
            n_resized += image.size != (size_px, size_px)
            small = ImageOps.fit(image, (size_px, size_px), Image.Resampling.LANCZOS)
            pictures[name] = np.asarray(small).transpose(2, 0, 1)  # (3, size, size)
    return Frames(pictures, n_resized)


def _opened(file: Path) -> Iterator[tuple[str, Image.Image]]:
    """Its frames, with what tells their names apart."""
    try:
        with Image.open(file) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise ValueError(f"it unpacks to more than {MAX_PIXELS:,} pixels")
            frames = [
                ImageOps.exif_transpose(frame).convert("RGB")
                for frame in ImageSequence.Iterator(opened)
            ]
    except Exception as error:  # decoders raise all sorts; the user wants to know the file
        raise ValueError(f"{file} cannot be read ({error}); restore or remove it") from error
    endings = [f"-{number:04d}" for number in range(len(frames))] if len(frames) > 1 else [""]
    yield from zip(endings, frames, strict=True)
