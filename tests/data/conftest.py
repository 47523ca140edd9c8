import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def picture():
    """Writes a JPEG of one grey level."""

    def write(path, level=100, size=(250, 250)):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((size[1], size[0]), level, np.uint8)).save(path)
        return path

    return write
