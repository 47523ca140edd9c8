"""Animations as GIF and as MP4; without PyAV, GIF alone, and a line says so."""

import builtins

import numpy as np
import pytest
from PIL import Image

from bench.reports import animation
from bench.reports.animation import LEAST_PX, write_animation


def frames(n, side=32):
    """Frames that turn from black to white."""
    levels = np.linspace(0, 255, n).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (n, 3, side, 2 * side))


def test_both_files_show_all_frames_in_order(tmp_path):
    av = pytest.importorskip("av")
    assert write_animation(frames(6), tmp_path) == []
    with Image.open(tmp_path / "animation.gif") as gif:
        assert (gif.n_frames, gif.size, gif.info["duration"]) == (6, (2 * LEAST_PX, LEAST_PX), 100)
    with av.open(tmp_path / "animation.mp4") as video:
        stream = video.streams.video[0]
        assert (stream.average_rate, stream.width, stream.height) == (10, 2 * LEAST_PX, LEAST_PX)
        shown = [frame.to_ndarray(format="rgb24") for frame in video.decode(stream)]
    assert len(shown) == 6
    np.testing.assert_allclose([one.mean() for one in shown], frames(6)[:, 0, 0, 0], atol=6)


def test_without_the_extra_only_the_gif_is_written(tmp_path, monkeypatch):
    imported = builtins.__import__

    def none(name, *rest, **named):
        if name == "av":
            raise ImportError(name)
        return imported(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", none)
    (said,) = write_animation(frames(2), tmp_path)
    assert "install unmask-bench[video]" in said
    assert [path.name for path in tmp_path.iterdir()] == ["animation.gif"]


def test_long_animations_are_faster_and_have_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(animation, "MOST_FRAMES", 8)
    monkeypatch.setattr(animation, "LENGTH_MS", 400)
    assert write_animation(frames(9), tmp_path)[0] == "animation: the first 8 of 9 frames"
    with Image.open(tmp_path / "animation.gif") as gif:
        assert (gif.n_frames, gif.info["duration"]) == (8, 50)
