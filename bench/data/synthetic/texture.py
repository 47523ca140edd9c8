"""Texture: a tile of noise whose spectrum falls with frequency, as that of photographs does."""

from functools import cache

import numpy as np

from bench.data.synthetic.shapes import Array, ease

SIDE = 256  # texels of a tile
SPAN = 2.0  # head units over which a tile repeats
_SLOPE = 0.8  # octave by octave; amplitude falls as 1 / frequency in photographs (Field, 1987)


@cache
def tile(n_across: int) -> Array:
    """Noise of zero mean and unit variance, (SIDE * SIDE,), that repeats without a seam.

    It has no detail finer than the pixels of a picture of `n_across` pixels a tile.
    """
    rng, total = np.random.default_rng(8), np.zeros((SIDE, SIDE), np.float32)
    cells = 4
    while cells <= min(SIDE, n_across):
        grid = rng.random((cells, cells), dtype=np.float32) - np.float32(0.5)
        for _ in range(2):  # rows, then columns
            grid = _stretched(grid).T
        total += grid * np.float32((4.0 / cells) ** _SLOPE)
        cells *= 2
    mean, spread = (round(float(number), 3) for number in (total.mean(), total.std()))
    # rounded, since machines add in different orders
    return ((total - np.float32(mean)) / np.float32(spread)).reshape(-1)


def _stretched(grid: Array) -> Array:
    """Rows between the rows of a grid, smoothly interpolated, (SIDE, W)."""
    places = np.arange(SIDE, dtype=np.float32) * np.float32(len(grid) / SIDE)
    before = np.floor(places)
    share = ease(places - before)[:, None]
    first = before.astype(np.intp)
    after = (first + 1) % len(grid)
    stretched: Array = grid[first] * (1.0 - share) + grid[after] * share
    return stretched


def grain(noise: Array, x: Array, y: Array) -> Array:
    """The noise of a tile at points, (M,), in head units."""
    column = (x * (SIDE / SPAN)).astype(np.int32)
    row = (y * (SIDE / SPAN)).astype(np.int32)
    column &= SIDE - 1
    row &= SIDE - 1
    row *= SIDE
    row += column
    return noise.take(row)
