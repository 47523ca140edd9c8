"""Points: the pixels where a layer may be seen; the others need not be computed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.data.synthetic.shapes import Array


class Points(NamedTuple):
    """Some of the pixels of a batch, or some of other points, ordered by picture."""

    places: npt.NDArray[np.intp]  # (M,), among all pixels or among the other points
    counts: npt.NDArray[np.intp]  # (N,), how many of them each picture has

    def at(self, numbers: Array) -> Array:
        """The numbers of each point's picture, (..., M); `numbers` is (..., N)."""
        return numbers.repeat(self.counts, axis=-1)


def chosen(mask: npt.NDArray[np.bool_], counts: npt.NDArray[np.intp]) -> Points:
    """The points where a mask is true; `counts`, (N,), tells how many of all each picture has."""
    places = np.flatnonzero(mask)
    found = places.searchsorted(counts.cumsum())  # (N,), up to the end of each picture
    found[1:] -= found[:-1].copy()
    return Points(places, found)


@contextmanager
def patch(canvas: Array, points: Points) -> Iterator[Array]:
    """The points of a canvas, (3, M), to be painted in place."""
    part = canvas.take(points.places, axis=1)
    yield part
    for channel, painted in zip(canvas, part, strict=True):
        channel[points.places] = painted
