"""Animations: GIF always, MP4 where PyAV is installed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.faces import Images
from bench.reports.sheet import picture_of

FRAME_MS, SHORTEST_MS = 100, 20  # duration of a frame: browsers show GIFs no faster than the second
LENGTH_MS = 20_000  # of an animation; one of more frames is faster
LEAST_PX = 128  # height; smaller frames are enlarged by a whole number
MOST_FRAMES = 1000


def write_animation(frames: Images, folder: Path) -> list[str]:
    """Writes animation.gif and animation.mp4 of frames, (T, 3, H, W); what is not there, in lines.

    H and W are even where an MP4 is wanted.
    """
    shown = frames[:MOST_FRAMES]
    frame_ms = int(np.clip(LENGTH_MS / len(shown), SHORTEST_MS, FRAME_MS))
    pictures = map(picture_of, _enlarged(shown))
    gif, first = folder / "animation.gif", next(pictures)
    first.save(gif, save_all=True, append_images=pictures, duration=frame_ms, loop=0)
    said = [f"animation: the first {MOST_FRAMES} of {len(frames)} frames"] * (
        len(frames) > len(shown)
    )
    try:
        _write_mp4(shown, folder / "animation.mp4", frame_ms)
    except ImportError:
        said.append("animation.mp4 is not written: install unmask-bench[video] for it")
    return said


def _write_mp4(frames: Images, path: Path, frame_ms: int) -> None:
    import av  # an extra

    with av.open(path, "w") as out:
        stream = out.add_stream("libx264", rate=round(1000 / frame_ms))
        stream.pix_fmt = "yuv420p"  # what all players show
        for number, frame in enumerate(_enlarged(frames)):
            if not number:
                stream.height, stream.width = frame.shape[1:]
            picture = np.ascontiguousarray(frame.transpose(1, 2, 0))  # (H, W, 3)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode())  # what it still holds


def _enlarged(frames: Images) -> Iterator[Images]:
    times = -(-LEAST_PX // frames.shape[2])
    return (frame.repeat(times, axis=1).repeat(times, axis=2) for frame in frames)
