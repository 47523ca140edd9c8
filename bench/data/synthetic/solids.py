"""Solids: ellipsoids that turn with the head, seen from the front without perspective."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.data.synthetic.points import Points, chosen
from bench.data.synthetic.shapes import Array, smooth_max

_FALL = 3.0  # how steeply the depth at least goes on falling outside of an outline
_MARGIN = 0.06  # head units around a small solid within which it is joined
_SOFT = 0.04  # share of the squared half depth over which the outline is rounded off

Number = Array | float


class View(NamedTuple):
    """Where each pixel is, in head units around the head's origin; x to the right, y up."""

    x: Array  # (N, H, W), the same in each column
    y: Array  # (N, H, W), the same in each row
    pixel: Array  # (N,), size of a pixel
    rotation: Array  # (3, 3, N), from head to camera

    def points(self, mask: npt.NDArray[np.bool_]) -> Points:
        """The pixels where a mask, (N, H, W), is true."""
        n, high, wide = self.x.shape
        return chosen(mask, np.full(n, high * wide))

    def box(self, left: Number, right: Number, low: Number, high: Number) -> Points:
        """The pixels with left < x < right and low < y < high, numbers of each picture."""
        left, right, low, high = (np.reshape(side, (-1, 1, 1)) for side in (left, right, low, high))
        x, y = self.x[:, :1], self.y[:, :, :1]  # (N, 1, W) and (N, H, 1)
        return self.points(((x > left) & (x < right)) & ((y > low) & (y < high)))

    def to_head(self, points: Points, depth: Array) -> tuple[Array, Array, Array]:
        """Head coordinates x, y, z of the seen points, (M,) each; depth is in head units."""
        turn = points.at(self.rotation)  # (3, 3, M)
        right, up = at_points(self.x, points), at_points(self.y, points)
        x, y, z = (depth * turn[2, i] + turn[0, i] * right + turn[1, i] * up for i in range(3))
        return x, y, z

    def to_camera(self, point: Sequence[Number]) -> Array:
        """Camera coordinates of a point of the head, (3, N)."""
        a, b, c = point
        return np.stack([turn[0] * a + turn[1] * b + turn[2] * c for turn in self.rotation])


def at_points(plane: Array, points: Points) -> Array:
    """The values of a plane, (N, H, W), at points, (M,)."""
    return plane.reshape(-1).take(points.places)


# centre and half axes of an ellipsoid, head coordinates
Part = tuple[tuple[Number, ...], tuple[Number, ...]]


class Seen(NamedTuple):
    """The visible part of a solid."""

    depth: Array  # (N, H, W), of its surface towards the viewer; falls steeply outside
    inside: Array  # (N, H, W), signed distance to its outline, positive inside


class Solids:
    """Ellipsoids by name; each is looked at when it is asked for, to hold few planes at a time."""

    def __init__(self, view: View, parts: Mapping[str, Part]) -> None:
        numbers = np.empty((2, 3, len(parts), len(view.pixel)), np.float32)
        for i, part in enumerate(parts.values()):
            for point, row in zip(part, numbers, strict=True):
                for number, column in zip(point, row, strict=True):
                    column[i] = number
        self._view = view
        self._forms = dict(zip(parts, turned(view.rotation, *numbers), strict=True))

    def __getitem__(self, name: str) -> Seen:
        return look(self._view, self._forms[name])

    def join(self, whole: Seen, name: str, width: float) -> None:
        """Adds a small solid to a whole, in place, rounded over `width`; only where it may show."""
        form = self._forms[name]
        wide, high = (
            extent + (_MARGIN * extent / (2.0 * form.outline * form.square))
            for extent in (form.reach_x, form.reach_y)
        )
        left, low = form.x - wide, form.y - high
        points = self._view.box(left, left + 2.0 * wide, low, low + 2.0 * high)
        at = points.at
        around = Form(*(at(number[:, 0, 0]) for number in form))
        part = _look(at_points(self._view.x, points), at_points(self._view.y, points), around)
        inside = part.inside > -_MARGIN  # farther out it does not count, whatever the box
        for plane, mine in zip(whole, part, strict=True):
            flat = plane.reshape(-1)
            own = flat.take(points.places)
            flat[points.places] = np.where(inside, smooth_max(own, mine, width), own)


class Form(NamedTuple):
    """The numbers of an ellipsoid as the camera sees it, (N, 1, 1) each."""

    x: Array  # of its centre
    y: Array
    z: Array
    slope_x: Array  # how the depth of the middle plane falls along x
    slope_y: Array
    square: Array  # the squared half depth at the centre
    xx: Array  # how it falls with x * x
    xy: Array
    yy: Array
    outline: Array  # turns the squared half depth into a distance
    fall: Array  # turns it into what the depth falls outside of the outline
    reach_x: Array  # half width of the outline
    reach_y: Array


def turned(rotation: Array, centres: Array, radii: Array) -> list[Form]:
    """Ellipsoids as they are seen; centres and half axes are head coordinates, (3, E, N) each."""
    turn = rotation[:, :, None]  # (3, 3, 1, N)
    # sums over the three axes are written out: a matrix product may round differently in a batch
    centre = [_sum_of_three(row * centres) for row in turn]  # (E, N) each
    scaled = turn / radii  # (3, 3, E, N)
    xz, yz, front = (_sum_of_three(row * scaled[2]) for row in scaled)  # (E, N) each
    slope_x, slope_y = xz / front, yz / front
    xx = _sum_of_three(scaled[0] * scaled[0]) / front - slope_x * slope_x
    xy = _sum_of_three(scaled[0] * scaled[1]) / front - slope_x * slope_y
    yy = _sum_of_three(scaled[1] * scaled[1]) / front - slope_y * slope_y
    # near the outline, the distance is about half the square * radius / front depth**2
    outline = 0.5 * np.sqrt(front) / np.sqrt(np.maximum(xx, yy))
    # more than the middle plane of a thin solid may rise there
    rise_x = (np.abs(slope_x) + 0.2) * 0.5 * np.sqrt(front / xx)
    rise_y = (np.abs(slope_y) + 0.2) * 0.5 * np.sqrt(front / yy)
    fall = np.maximum(np.maximum(rise_x, rise_y), _FALL)
    spread = turn * radii  # (3, 3, E, N)
    reach = [np.sqrt(_sum_of_three(row * row)) for row in spread[:2]]  # (E, N) each
    columns = (
        *centre, slope_x, slope_y, 1.0 / front, -xx, -2.0 * xy, -yy, outline, fall, *reach
    )  # fmt: skip
    return [Form(*solid) for solid in zip(*(c[..., None, None] for c in columns), strict=True)]


def look(view: View, form: Form) -> Seen:
    """Depth and outline of an ellipsoid."""
    return _look(view.x[:, :1], view.y[:, :, :1], form)


def _look(across: Array, up: Array, form: Form) -> Seen:
    """Depth and outline where x is `across` and y is `up`: (N, 1, W) and (N, H, 1), or (M,)."""
    x, y = across - form.x, up - form.y
    half = x * (form.xy * y)  # (N, H, W)
    half += form.xx * x * x
    half += form.square + form.yy * y * y
    # like a square root, but without its steep end, which would show as a seam
    soft = np.abs(half)
    soft += _SOFT * form.square
    np.sqrt(soft, out=soft)
    depth = half * (1.0 + _SOFT) ** 0.5
    depth /= soft
    np.minimum(half, 0.0, out=soft)
    soft *= form.fall
    depth += soft
    depth += form.z - form.slope_x * x
    depth -= form.slope_y * y
    half *= form.outline
    return Seen(depth, half)


def _sum_of_three(terms: Array) -> Array:
    """Sum over a first axis of three, in a fixed order."""
    total: Array = terms[0] + terms[1] + terms[2]
    return total


def join(first: Seen, second: Seen, width: float) -> Seen:
    """The union of two solids, rounded over `width`; the first one's planes hold it."""
    for a, b in zip(first, second, strict=True):
        smooth_max(a, b, width, out=a)
    return first
