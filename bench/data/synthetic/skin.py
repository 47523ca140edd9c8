"""The skin: its colour, blush, nostrils, folds, wrinkles and beard."""

import torch
from torch import Tensor

from bench.data.synthetic.head import Surface
from bench.data.synthetic.shapes import Values, blend, bump, darken, ease, edge, rgb, wave


def lay_skin(surface: Surface, v: Values) -> Tensor:
    """Bare skin with its blush, (N, 3, H, W)."""
    shape = (len(surface.x), 3, *surface.x.shape[1:])
    skin = v["skin_colour"].expand(shape).clone()
    out = surface.x.abs()
    blush = bump((out - 0.42 * v["face_width"]) / 0.30, (surface.y + 0.30) / 0.24)
    tip = bump(surface.x / 0.20, (surface.y + 0.30) / 0.18)
    strength = 0.45 + 0.5 * v["makeup"]
    darken(skin, rgb(skin, 1.0, 0.78, 0.78), (blush * strength + 0.35 * tip).clamp_(max=1.0))
    _paint_marks(skin, surface, v)
    return skin


def _paint_marks(skin: Tensor, surface: Surface, v: Values) -> None:
    """Freckles over nose and cheeks, and a mole, of those who have them."""
    x, y = surface.x, surface.y
    dots = wave(9.0 * x + 2.3 * wave(3.1 * y)) * wave(9.5 * y + 1.9 * wave(2.7 * x + 0.2))
    dots = ((dots - 0.45) * 3.0).clamp_(0.0, 1.0) * bump(x / 0.62, (y + 0.22) / 0.28)
    brown = rgb(skin, 0.62, 0.48, 0.42)
    darken(skin, brown, dots * v["freckles"].clamp(0.0, 0.6))
    mole = ease(bump((x - v["mole_x"]) / 0.045, (y - v["mole_y"]) / 0.045) * 2.5)
    darken(skin, brown * 0.6, mole * surface.front * (2.5 * v["mole"]).clamp(0.0, 1.0))


def paint_folds(skin: Tensor, surface: Surface, pixel: Tensor, v: Values, f: Values) -> None:
    """Paints nostrils, folds and wrinkles."""
    for fold in (_cheek_fold, _frown, _forehead):
        cover = fold(surface.x.abs(), surface.y, v, f)
        darken(skin, rgb(skin, 0.66, 0.55, 0.55), cover * surface.front)
    _paint_nose(skin, surface, pixel, v, f)


def _cheek_fold(out: Tensor, y: Tensor, v: Values, f: Values) -> Tensor:
    """The fold from the wing of the nose past the corner of the mouth, (N, H, W)."""
    top, bottom = f["nose_y"] + 0.04, f["mouth_y"] + 0.5 * f["corner_lift"] - 0.04
    t = (top - y) / (top - bottom)  # 0 at the nose, 1 beside the mouth
    line = f["wing_x"] + 0.06 + (f["mouth_half"] + 0.03 - f["wing_x"]) * t * (1.4 - 0.45 * t)
    strength = 0.10 + 0.40 * v["wrinkle"] + 0.55 * v["AU12"] + 0.5 * v["AU10"] + 0.4 * v["AU9"]
    return bump((out - line) / 0.035) * bump((t - 0.5) / 0.68) * strength.clamp(max=1.0)


def _frown(out: Tensor, y: Tensor, v: Values, f: Values) -> Tensor:
    """Upright folds between the brows, and cross folds on the nose's root, (N, H, W)."""
    base = 0.5 * (f["brow_inner_y"] + f["eye_y"]) + 0.08
    upright = bump((out - 0.065) / 0.026) * bump((y - base) / 0.14)
    rows = wave((y - f["eye_y"]) / 0.075 + 2.5 * out * out).clamp_(min=0.0)
    cross = rows * bump(out / 0.17) * bump((y - f["eye_y"] - 0.01) / 0.15)
    return upright * (0.95 * v["AU4"] + 0.15 * v["wrinkle"]).clamp(max=1.0) + cross * v["AU9"]


def _forehead(out: Tensor, y: Tensor, v: Values, f: Values) -> Tensor:
    """Lines across the forehead and at the outer corners of the eyes, (N, H, W)."""
    lines = (wave((y - f["brow_middle_y"] - 0.04) / 0.085) - 0.35).clamp_(min=0.0) * 1.5
    raised = 0.8 * torch.maximum(v["AU1"], v["AU2"])
    strength = v["wrinkle"] * (0.35 + raised) + 0.12 * raised
    across = lines * bump(out / 0.42) * bump((y - f["brow_middle_y"] - 0.20) / 0.17)
    x = out - f["eye_x"] - f["eye_width"] - 0.06
    rays = (wave((y - f["eye_y"]) / (0.07 + 0.3 * x.clamp(min=0.0))) - 0.3).clamp_(min=0.0)
    feet = rays * bump(x / 0.09, (y - f["eye_y"]) / 0.11)
    return across * strength + feet * (v["wrinkle"] * (0.25 + 1.2 * v["AU6"])).clamp(max=1.0)


def _paint_nose(skin: Tensor, surface: Surface, pixel: Tensor, v: Values, f: Values) -> None:
    """Nostrils, and the shadows beside and below the nose."""
    y = surface.y - f["nose_y"]
    out = surface.x.abs()
    below = bump(surface.x / (0.20 * v["nose_width"])) * bump((y + 0.115) / 0.055)
    darken(skin, rgb(skin, 0.70, 0.60, 0.60), below)
    x = (out - 0.60 * f["wing_x"]) / (0.046 * v["nose_width"])
    lift = f["wing_lift"] + 0.10 * (out - 0.05)
    hole = 1.0 - (x * x + ((y + 0.068 - lift) / 0.024).square()).sqrt_()
    blend(skin, rgb(skin, 0.16, 0.06, 0.05), 0.85 * edge(hole, pixel / 0.03 + 0.1))
    wing = f["wing_x"] + 0.072 * v["nose_width"]
    crease = bump((out - wing) / 0.030) * bump((y + 0.02 - f["wing_lift"]) / 0.075)
    darken(skin, rgb(skin, 0.62, 0.52, 0.52), crease)
    side = bump((out - 0.10 * v["nose_bridge"]) / 0.07) * bump((y - 0.22) / 0.22)
    darken(skin, rgb(skin, 0.90, 0.85, 0.85), side)


def paint_beard(skin: Tensor, surface: Surface, v: Values, f: Values) -> None:
    """Paints beard and moustache; the lips come on top."""
    out = surface.x.abs()
    # the upper limit runs from the corners of the mouth up to the ears
    limit = f["mouth_y"] + 0.02 + 1.9 * (out - 0.16).clamp_(min=0.0).square()
    jaw = ease((limit - surface.y) / 0.20 + 0.35) * ease((0.18 - surface.y) / 0.15)
    lip = bump(surface.x / (1.25 * f["mouth_half"]))
    lip = lip * bump((surface.y - f["mouth_y"] - f["gap_upper"] - 0.10) / 0.11)
    region = torch.maximum(jaw, (1.4 * lip).clamp_(max=1.0))
    region = region * ease((surface.z + 0.25) / 0.3)
    region = region * ease((0.72 * v["face_width"] - out) / 0.06)  # not on the ears
    strand = 0.94 + 0.06 * wave(15.0 * surface.x + 1.5 * wave(3.3 * surface.y + surface.x))
    growth = (1.25 * v["beard"]).clamp(max=0.93)
    blend(skin, v["beard_colour"] * strand[:, None], region * growth)
