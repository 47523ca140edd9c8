"""Pictures and animations, read and written at their own size."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from bench.data.image_files import FORMATS, read_frames
from bench.faces import Images

_FINEST: Mapping[str, Mapping[str, int]] = {  # of formats that lose something
    ".jpg": {"quality": 95, "subsampling": 0},
    ".jpeg": {"quality": 95, "subsampling": 0},
    ".webp": {"quality": 95},
}


class Clip(NamedTuple):
    """The frames of a file, upright and in RGB, and for how long each is shown."""

    frames: Sequence[Image.Image]
    durations_ms: Sequence[int] = ()  # of an animation
    loop: int | None = None  # how often it is shown, if the file says so; 0: for ever


def read_clip(path: Path) -> Clip:
    """A picture, or an animation with its durations.

    Raises:
        ValueError: if the file is empty, broken, huge, or has pixels of an unknown scale.
    """
    frames = [frame for _, frame in read_frames(path, 1)]
    if len(frames) == 1:
        return Clip(frames)
    with Image.open(path, formats=FORMATS) as opened:
        return Clip(frames, list(_durations(opened, len(frames))), opened.info.get("loop"))


def _durations(opened: Image.Image, n_frames: int) -> Iterator[int]:
    for number in range(n_frames):
        opened.seek(number)
        opened.load()  # WebP tells it then
        yield round(opened.info.get("duration", 0))


def save_clip(clip: Clip, path: Path) -> None:
    """Writes a picture or an animation in the format that the suffix names, without metadata."""
    first, *rest = clip.frames
    options: dict[str, Any] = dict(_FINEST.get(path.suffix.lower(), {}))
    if rest:
        options |= {"save_all": True, "append_images": rest, "duration": clip.durations_ms}
    if clip.loop is not None:
        options["loop"] = clip.loop
    first.save(path, **options)


def squared(picture: Image.Image, size_px: int) -> Images:
    """The picture, padded to a square by its edges and resized, uint8 (3, size_px, size_px)."""
    left, top, side = _place(picture.size)
    right, bottom = side - left - picture.width, side - top - picture.height
    padded = np.pad(np.asarray(picture), ((top, bottom), (left, right), (0, 0)), mode="edge")
    resized = Image.fromarray(padded).resize((size_px, size_px), Image.Resampling.LANCZOS)
    return np.asarray(resized).transpose(2, 0, 1)  # (3, size, size)


def unsquared(image: Images, size: tuple[int, int]) -> Image.Image:
    """The picture of this width and height that a square, uint8 (3, S, S), was padded from."""
    left, top, side = _place(size)
    whole = Image.fromarray(image.transpose(1, 2, 0))
    resized = whole.resize((side, side), Image.Resampling.LANCZOS)
    return resized.crop((left, top, left + size[0], top + size[1]))


def _place(size: tuple[int, int]) -> tuple[int, int, int]:
    """Left, top of a picture in the middle of its square, and the square's side, px."""
    side = max(size)
    return (side - size[0]) // 2, (side - size[1]) // 2, side
