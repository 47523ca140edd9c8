"""The mouth: lips, teeth, tongue, and the shadows around them."""

from typing import NamedTuple

import torch
from torch import Tensor

from bench.data.synthetic.head import Surface
from bench.data.synthetic.shapes import Values, blend, bump, darken, edge, ellipse, rgb


class _Lips(NamedTuple):
    """Edges of the lips above each point, (N, H, W) each."""

    t: Tensor  # -1 at the left corner, 1 at the right one
    y: Tensor  # height above the line through the middle of the closed mouth
    top: Tensor  # of the upper lip
    upper: Tensor  # lower edge of the upper lip
    lower: Tensor  # upper edge of the lower lip
    bottom: Tensor  # of the lower lip
    front: Tensor


def paint_mouth(skin: Tensor, surface: Surface, pixel: Tensor, v: Values, f: Values) -> None:
    """Paints the mouth onto the skin."""
    lips = _edges(surface, f)
    _paint_shadows(skin, lips, v)
    own = v["skin_colour"] * rgb(v["skin_colour"], 0.90, 0.62, 0.62) + 0.03
    colour = own + 0.8 * v["makeup"][:, None] * (v["lipstick_colour"] - own)  # (N, 3, 1, 1)
    ends = (1.0 - lips.t.abs()) * 0.25
    upper = torch.minimum(torch.minimum(lips.top - lips.y, lips.y - lips.upper), ends)
    blend(skin, colour * 0.86, edge(upper, pixel + 0.008) * lips.front)
    lower = torch.minimum(torch.minimum(lips.lower - lips.y, lips.y - lips.bottom), ends)
    blend(skin, colour, edge(lower, pixel + 0.008) * lips.front)
    shine = bump(lips.t / 0.5) * bump((lips.y - 0.45 * (lips.lower + lips.bottom)) / 0.03)
    blend(skin, torch.ones_like(colour), shine * (0.16 + 0.25 * v["makeup"]) * lips.front)
    _paint_inside(skin, lips, pixel, v)
    near = torch.minimum((lips.y - lips.upper).abs(), (lips.y - lips.lower).abs())
    line = torch.minimum(0.011 - near, (1.0 - lips.t.abs()) * 0.2)  # where the lips meet or begin
    blend(skin, rgb(skin, 0.30, 0.10, 0.10), edge(line, pixel + 0.004) * (0.8 * lips.front))


def _edges(surface: Surface, f: Values) -> _Lips:
    """Where the lips begin and end at each x."""
    t = surface.x / f["mouth_half"]
    tt = (t * t).clamp_(max=1.5)
    y = surface.y - f["mouth_y"] - (f["corner_lift"] + f["corner_uneven"] * t) * tt
    arch = 1.0 - tt
    flat = 1.0 - tt * tt  # a fuller arch, that stays high until near the corners
    bow = 1.0 - 0.28 * bump(t / 0.22) + 0.10 * bump((t.abs() - 0.28) / 0.3)
    upper = f["gap_upper"] * flat
    lower = -f["gap_lower"] * (0.5 * arch + 0.5 * flat)
    top = upper + f["lip_upper"] * (0.4 * arch + 0.6 * flat) * bow
    bottom = lower - f["lip_lower"] * (0.5 * arch + 0.5 * flat)
    return _Lips(t, y, top, upper, lower, bottom, surface.front)


def _paint_shadows(skin: Tensor, lips: _Lips, v: Values) -> None:
    """The groove above the lips, the shadow below them, and the corners."""
    groove = bump(lips.t / 0.20) * bump((lips.y - lips.top - 0.06) / 0.09)
    darken(skin, rgb(skin, 0.86, 0.80, 0.80), groove * lips.front)
    under = bump(lips.t / 0.75) * bump((lips.y - lips.bottom + 0.035) / 0.06)
    under = under * ((0.7 + 0.3 * v["AU17"]) * lips.front)
    darken(skin, rgb(skin, 0.72, 0.64, 0.64), under)
    corner = bump((lips.t.abs() - 1.03) / 0.13) * bump(lips.y / 0.055)
    darken(skin, rgb(skin, 0.55, 0.45, 0.45), corner * lips.front)


def _paint_inside(skin: Tensor, lips: _Lips, pixel: Tensor, v: Values) -> None:
    """The open mouth: dark, with tongue and teeth."""
    gap = torch.minimum(lips.upper - lips.y, lips.y - lips.lower)
    gap = torch.minimum(gap, (1.0 - lips.t.abs()) * 0.25)
    opening = edge(gap, pixel) * lips.front
    opening = opening * ((lips.upper - lips.lower) / (0.7 * pixel)).clamp_(0.0, 1.0)
    inside = rgb(skin, 0.26, 0.06, 0.07).expand_as(skin).clone()
    tongue = ellipse(lips.t, (lips.y - lips.lower + 0.01) / 0.13, 0.62, 0.85)
    blend(inside, rgb(skin, 0.78, 0.33, 0.34), edge(tongue, 0.15) * (0.9 * (1.0 - 0.6 * v["AU20"])))
    white = rgb(skin, 0.97, 0.95, 0.91)
    depth = 0.085 - 0.02 * v["AU26"]
    upper = torch.minimum(depth - (lips.upper - lips.y), (0.93 - lips.t.abs()) * 0.25)
    blend(inside, white, edge(upper, pixel))
    bare = v["AU20"]  # a grin of fear shows the lower teeth too
    lower = torch.minimum(0.055 * bare - (lips.y - lips.lower), (0.85 - lips.t.abs()) * 0.25)
    blend(inside, 0.93 * white, edge(lower, pixel))
    darken(inside, rgb(skin, 0.55, 0.50, 0.50), bump((lips.upper - lips.y) / 0.05))
    blend(skin, inside, opening)
