"""The mouth: lips, teeth, tongue, and the shadows around them."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.data.synthetic.head import Surface
from bench.data.synthetic.points import Points, chosen, patch
from bench.data.synthetic.shapes import Array, Values, blend, bump, darken, edge, ellipse

_WHITE = np.array([0.97, 0.95, 0.91], np.float32)  # of the teeth


class _Lips(NamedTuple):
    """Edges of the lips above each point, (M,) each."""

    points: Points
    t: Array  # -1 at the left corner, 1 at the right one
    y: Array  # height above the line through the middle of the closed mouth
    top: Array  # of the upper lip
    upper: Array  # lower edge of the upper lip
    lower: Array  # upper edge of the lower lip
    bottom: Array  # of the lower lip
    front: Array

    def where(self, mask: npt.NDArray[np.bool_]) -> "_Lips":
        """The points where a mask, (M,), is true."""
        points = chosen(mask, self.points.counts)
        return _Lips(points, *(column.take(points.places) for column in self[1:]))


def paint_mouth(skin: Array, surface: Surface, pixel: Array, v: Values, f: Values) -> None:
    """Paints the mouth onto the skin."""
    lips = _edges(_around(surface, pixel, f), v, f)
    with patch(skin, lips.points) as part:
        _paint_shadows(part, lips, v)
        _paint_lips(part, lips, lips.points.at(pixel + 0.008), v)
        inside = lips.where(_opening(lips, pixel) > 0)
        with patch(part, inside.points) as hole:
            blend(hole, _inside(inside, pixel, v), _opening(inside, pixel))
        near = np.minimum(np.abs(lips.y - lips.upper), np.abs(lips.y - lips.lower))
        line = np.minimum(0.011 - near, (1.0 - np.abs(lips.t)) * 0.2)  # where lips meet or begin
        cover = edge(line, lips.points.at(pixel + 0.004)) * (0.8 * lips.front)
        blend(part, (0.30, 0.10, 0.10), cover)


def _around(surface: Surface, pixel: Array, f: Values) -> Surface:
    """The points where any part of the mouth may be."""
    wide = 1.2 + 2.5 * pixel  # of |t|
    lift = 1.5 * (np.abs(f["corner_lift"]) + wide * np.abs(f["corner_uneven"]))
    over = 1.25 * np.abs(f["gap_upper"]) + 1.1 * np.abs(f["lip_upper"]) + 0.16 + pixel
    under = 1.25 * np.abs(f["gap_lower"]) + np.abs(f["lip_lower"]) + 0.11 + pixel
    return surface.box(
        wide * f["mouth_half"], f["mouth_y"] - lift - under, f["mouth_y"] + lift + over
    )


def _edges(near: Surface, v: Values, f: Values) -> _Lips:
    """Where the lips begin and end at each x."""
    at = near.at
    t = near.x / at(f["mouth_half"])
    tt = np.minimum(t * t, 1.5)
    y = near.y - at(f["mouth_y"]) - (at(f["corner_lift"]) + at(f["corner_uneven"]) * t) * tt
    arch = 1.0 - tt
    flat = 1.0 - tt * tt  # a fuller arch, that stays high until near the corners
    bow = 1.0 - at(v["lip_bow"]) * bump(t / 0.22) + 0.10 * bump((np.abs(t) - 0.28) / 0.3)
    upper = at(f["gap_upper"]) * flat
    lower = at(-f["gap_lower"]) * (0.5 * arch + 0.5 * flat)
    top = upper + at(f["lip_upper"]) * (0.4 * arch + 0.6 * flat) * bow
    bottom = lower - at(f["lip_lower"]) * (0.5 * arch + 0.5 * flat)
    return _Lips(near.points, t, y, top, upper, lower, bottom, near.front)


def _paint_shadows(skin: Array, lips: _Lips, v: Values) -> None:
    """The groove above the lips, the shadow below them, and the corners."""
    groove = bump(lips.t / 0.20) * bump((lips.y - lips.top - 0.06) / 0.09)
    darken(skin, (0.94, 0.90, 0.90), groove * lips.front)
    under = bump(lips.t / 0.75) * bump((lips.y - lips.bottom + 0.035) / 0.06)
    under = under * (lips.points.at(0.7 + 0.3 * v["AU17"]) * lips.front)
    darken(skin, (0.86, 0.78, 0.78), under)
    corner = bump((np.abs(lips.t) - 1.03) / 0.13) * bump(lips.y / 0.055)
    darken(skin, (0.72, 0.62, 0.62), corner * lips.front)


def _paint_lips(skin: Array, lips: _Lips, soft: Array, v: Values) -> None:
    """Upper and lower lip, and the shine on the lower one."""
    at = lips.points.at
    tint = np.array([[0.06], [0.26], [0.24]], np.float32) * (0.7 + 0.6 * v["lip_red"])
    own = v["skin_colour"] * (0.97 - tint) + 0.01
    colour = own + 0.8 * v["makeup"] * (v["lipstick_colour"] - own)  # (3, N)
    ends = (1.0 - np.abs(lips.t)) * 0.25
    upper = np.minimum(np.minimum(lips.top - lips.y, lips.y - lips.upper), ends)
    blend(skin, at(colour * 0.86), edge(upper, soft) * lips.front)
    lower = np.minimum(np.minimum(lips.lower - lips.y, lips.y - lips.bottom), ends)
    blend(skin, at(colour), edge(lower, soft) * lips.front)
    shine = bump(lips.t / 0.5) * bump((lips.y - 0.45 * (lips.lower + lips.bottom)) / 0.03)
    blend(skin, (1.0, 1.0, 1.0), shine * at(0.08 + 0.22 * v["makeup"]) * lips.front)


def _opening(lips: _Lips, pixel: Array) -> Array:
    """Cover of what is seen between the lips, (M,)."""
    soft = lips.points.at(pixel)
    gap = np.minimum(lips.upper - lips.y, lips.y - lips.lower)
    gap = np.minimum(gap, (1.0 - np.abs(lips.t)) * 0.25)
    parted: Array = ((lips.upper - lips.lower) / (0.7 * soft)).clip(0.0, 1.0)
    return edge(gap, soft) * lips.front * parted


def _inside(lips: _Lips, pixel: Array, v: Values) -> Array:
    """The open mouth, (3, M): dark, with tongue and teeth."""
    at, soft = lips.points.at, lips.points.at(pixel)
    inside = np.empty((3, len(lips.t)), np.float32)
    inside[:] = np.array([[0.26], [0.06], [0.07]])
    tongue = ellipse(lips.t, (lips.y - lips.lower + 0.01) / 0.13, 0.62, 0.85)
    cover = edge(tongue, 0.15) * at(0.9 * (1.0 - 0.6 * v["AU20"]))
    blend(inside, (0.78, 0.33, 0.34), cover)
    over = at(0.085 - 0.05 * v["AU26"]) - (lips.upper - lips.y)
    ends = np.abs(lips.t)
    blend(inside, _WHITE, edge(np.minimum(over, (0.93 - ends) * 0.25), soft))
    bare = at(0.055 * v["AU20"])  # a grin of fear shows the lower teeth too
    under = np.minimum(bare - (lips.y - lips.lower), (0.85 - ends) * 0.25)
    blend(inside, 0.93 * _WHITE, edge(under, soft))
    darken(inside, (0.55, 0.50, 0.50), bump((lips.upper - lips.y) / 0.05))
    return inside
