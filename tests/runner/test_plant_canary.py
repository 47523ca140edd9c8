"""Pictures of canaries, next to a loop over their pixels."""

import numpy as np

from bench.faces import Faces
from bench.runner.controls.plant_canary import GREY, GRID, SCALE, _pictures


def test_each_pixel_shows_its_cell_of_the_mirrored_grid():
    fields = 3 * np.random.default_rng(0).normal(size=(4, GRID * GRID // 2))  # black and white too
    faces = Faces(np.zeros((4, 3, 13, 20), np.uint8), {}, np.arange(4))
    pictures = _pictures(fields, faces)
    assert pictures.shape == faces.images.shape
    for n, cells in enumerate(fields.reshape(4, GRID, GRID // 2)):
        for y in range(13):
            for x in range(20):
                column = x * GRID // 20
                value = cells[y * GRID // 13, min(column, GRID - 1 - column)]
                level = np.clip(np.rint(GREY + SCALE * value), 0, 255)
                assert pictures[n, :, y, x].tolist() == [level] * 3
