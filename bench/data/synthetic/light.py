"""Light on a surface: wrapped and tinted as skin scatters it, with shadows and occlusion."""

from typing import NamedTuple

import numpy as np

from bench.data.synthetic.points import Points
from bench.data.synthetic.shapes import Array, Values
from bench.data.synthetic.solids import View, at_points

_REACH = 0.17  # head units: what rises within keeps light of the sky away
_STEP = 0.16  # head units towards the light: where a shadow may come from
_LOWEST = -0.8  # depth below which nothing darkens its surroundings
# how far light goes around the edge of a shadow: red scatters farthest in skin (d'Eon and Luebke,
# GPU Gems 3, 2007)
WRAP = (0.36, 0.26, 0.22)


class Normals(NamedTuple):
    """Directions of a seen surface, unit length, (M,) each."""

    x: Array
    y: Array
    z: Array


class Light(NamedTuple):
    """Light on a surface."""

    matt: Array  # (3, M), about 0..1.6, by colour
    gloss: Array  # (M,), the specular part, 0..1


def find_normals(depth: Array, view: View, points: Points) -> Normals:
    """Normals at points from differences of the depth, (N, H, W), between neighbours."""
    right, down = np.empty_like(depth), np.empty_like(depth)
    np.subtract(depth[:, :, 2:], depth[:, :, :-2], out=right[:, :, 1:-1])
    np.subtract(depth[:, 2:], depth[:, :-2], out=down[:, 1:-1])
    right[:, :, 0] = right[:, :, -1] = 0.0
    down[:, 0] = down[:, -1] = 0.0
    scale = points.at(0.5 / view.pixel)
    x = (at_points(right, points) * -scale).clip(-5.0, 5.0)
    y = (at_points(down, points) * scale).clip(-5.0, 5.0)
    z = 1.0 / np.sqrt(x * x + y * y + 1.0)
    return Normals(x * z, y * z, z)


def light_on(
    normals: Normals, points: Points, v: Values, open_: Array | float, lit: Array | float
) -> Light:
    """Light on the points of a surface.

    `open_` and `lit`, (M,) each or 1, tell how much of the sky and of the key light come there.
    """
    at, (x, y, z) = points.at, (v[f"light_{axis}"] for axis in "xyz")
    half_z = z + 1.0
    length = np.sqrt(x * x + y * y + half_z * half_z)
    across = normals.x * at(x) + normals.y * at(y)
    towards = across + normals.z * at(z)
    sky = (0.78 + 0.22 * normals.y) * open_
    gloss = np.maximum((across + normals.z * at(half_z)) / at(length), 0.0) * lit
    for _ in range(4):  # to the power of 16
        gloss *= gloss
    matt = np.empty((3, len(normals.z)), np.float32)
    for row, wrap, key, fill in zip(matt, WRAP, v["key_colour"], v["fill_colour"], strict=True):
        np.multiply(towards, 1.0 - wrap, out=row)
        row += wrap
        np.maximum(row, 0.0, out=row)
        row *= lit
        row *= at(key)
        row += sky * at(fill)
    return Light(matt, gloss)


def occlusion(depth: Array, points: Points, pixel: float) -> Array:
    """How open the sky is over points of a depth, (N, H, W); 1 on plains and ridges, (M,).

    Source: depth darkening, Luft, Colditz, Deussen, SIGGRAPH 2006.
    """
    reach = max(1, round(_REACH / pixel))
    plane = np.maximum(depth, _LOWEST)
    mean = _mean_along(_mean_along(plane, reach, 1), reach, 2)
    mean -= plane
    sunk = at_points(mean, points)
    openness: Array = (1.0 - 3.2 * np.maximum(sunk - 0.006, 0.0)).clip(0.30, 1.0)
    return openness


def _mean_along(plane: Array, reach: int, axis: int) -> Array:
    """Means over 2 * reach + 1 neighbours along an axis; the edge repeats."""
    width = [(0, 0)] * 3
    width[axis] = (reach + 1, reach)
    sums = np.pad(plane, width, mode="edge").cumsum(axis=axis, dtype=np.float32)
    size = plane.shape[axis]
    ends = [slice(None)] * 3
    starts = [slice(None)] * 3
    ends[axis], starts[axis] = slice(2 * reach + 1, None), slice(0, size)
    mean: Array = sums[tuple(ends)] - sums[tuple(starts)]
    mean /= 2 * reach + 1
    return mean


def shadows(depth: Array, view: View, points: Points, v: Values) -> Array:
    """Share of the key light that reaches points, (M,): what stands towards it casts a shadow."""
    n, high, wide = depth.shape
    at, plane = points.at, depth.reshape(-1)
    own = plane.take(points.places)
    column = np.tile(np.arange(wide), n * high).take(points.places)
    row = np.tile(np.arange(high).repeat(wide), n).take(points.places)
    across, up = (
        at(np.floor(_STEP * v[side] / view.pixel + 0.5)).astype(np.intp)
        for side in ("light_x", "light_y")
    )
    x, y = (column + across).clip(0, wide - 1), (row - up).clip(0, high - 1)
    there = plane.take(points.places + (x - column) + (y - row) * wide)
    risen = there - own - at(_STEP * v["light_z"])
    lit: Array = 1.0 - 0.55 * (8.0 * risen).clip(0.0, 1.0)
    return lit
