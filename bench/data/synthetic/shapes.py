"""Soft shapes: signed distances, their edges and the painting of layers.

In all modules of the renderer, `v` holds the numbers of each picture and `f` its features (from
`geometry.place_features`). Distances, covers and the like are of points, (M,), or of planes,
(N, H, W); `canvas` and `skin`, (3, M), are painted in place.

Only operations that IEEE 754 rounds exactly are used on pixels (+ - * /, square roots, minimum,
maximum, floor): a picture is the same, bit for bit, drawn alone or among others, and on every
machine. (torch's square root is not rounded exactly on a CPU with MKL.)
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]  # float32, which mypy takes for float64 after * 0.5
Values = Mapping[str, Array]  # numbers of each picture: (N,), colours (3, N)
Colour = Array | Sequence[float]  # red, green and blue, of all points or (3, M)


def edge(distance: Array, softness: Array | float) -> Array:
    """Coverage by a shape, 0..1, by its signed distance (positive inside) and its edge's width."""
    cover = distance / softness
    cover += 0.5
    return cover.clip(0.0, 1.0, out=cover)


def ease(x: Array) -> Array:
    """A smooth step from 0 at x <= 0 to 1 at x >= 1."""
    x = x.clip(0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def bump(x: Array, y: Array | None = None) -> Array:
    """A smooth hill: 1 at 0, 0 from |x| = 1 on; with y, round: 0 outside of the unit circle."""
    rise = x * x if y is None else x * x + y * y
    np.subtract(1.0, rise, out=rise)
    np.maximum(rise, 0.0, out=rise)
    rise *= rise
    return rise


def ellipse(x: Array, y: Array, width: Array | float, height: Array | float) -> Array:
    """Signed distance to an ellipse of these half axes around the origin.

    It is exact for a circle and on the shorter axis; elsewhere the edge is a little too soft.
    """
    u, v = x / width, y / height
    smaller = np.minimum(width, height, dtype=np.float32)
    distance: Array = (1.0 - np.sqrt(u * u + v * v)) * smaller
    return distance


def wave(x: Array) -> Array:
    """A smooth wave of period 1, -1..1, made of parabolas."""
    t = 2.0 * (x - np.floor(x))
    half = np.floor(t)  # 0 in the first half of a period, 1 in the second
    t -= half
    side: Array = 1.0 - 2.0 * half
    return (4.0 * t * (1.0 - t)) * side


def smooth_max(a: Array, b: Array, width: float, out: Array | None = None) -> Array:
    """The larger of two, rounded off where they differ by less than `width`."""
    near = a - b
    np.abs(near, out=near)
    np.subtract(width, near, out=near)
    np.maximum(near, 0.0, out=near)
    near *= near
    near *= 0.25 / width
    larger = np.maximum(a, b, out=out)
    larger += near
    return larger


def blend(canvas: Array, colour: Colour, cover: Array) -> None:
    """Lays a colour over a canvas, in place; `cover`, (M,), is 1 where it hides the canvas."""
    for channel, paint in zip(canvas, colour, strict=True):
        change = paint - channel
        change *= cover
        channel += change


def darken(canvas: Array, tint: Colour, cover: Array) -> None:
    """Multiplies a canvas by a tint, in place, where `cover`, (M,), is 1."""
    factors: dict[float, Array] = {}
    for channel, part in zip(canvas, np.asarray(tint, np.float32), strict=True):
        if part not in factors:
            factors[part] = (part - 1.0) * cover
            factors[part] += 1.0
        channel *= factors[part]
