import io
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw


@pytest.fixture
def picture():
    """Writes a JPEG of one grey level."""

    def write(path, level=100, size=(250, 250)):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((size[1], size[0]), level, np.uint8)).save(path)
        return path

    return write


@cache
def drawn(suffix, size, number):
    """The content of a file with a drawn face."""
    width, height = size
    picture = Image.new("RGB", size, (40 * number, 90, 160))
    oval = (0.3 * width, 0.2 * height, 0.7 * width, 0.8 * height)
    ImageDraw.Draw(picture).ellipse(oval, (220, 180, 150))
    if suffix == ".raw":
        return np.asarray(picture).transpose(2, 0, 1).tobytes()
    written = io.BytesIO()
    picture.save(written, "PNG" if suffix == ".png" else "JPEG")
    return written.getvalue()


@pytest.fixture
def tree(tmp_path):
    """Writes a tree of drawn pictures, and of texts by path."""

    def write(pictures=(), size=(64, 64), **texts):
        for number, name in enumerate(pictures):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(drawn(path.suffix, size, number % 6))
        for name, text in texts.pop("texts", {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


@pytest.fixture
def refused():
    """The message with which a data set refuses its files, checked to be one line."""

    def message(dataset):
        with pytest.raises((ValueError, OSError)) as caught:
            dataset.check()
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return message
