"""Eyes, brows and glasses; both sides of the head are painted at once, by mirroring x."""

from typing import NamedTuple

import torch
from torch import Tensor

from bench.data.synthetic.head import Surface
from bench.data.synthetic.shapes import Values, blend, bump, darken, ease, edge, ellipse, rgb
from bench.data.synthetic.solids import View

_GLASSES = 0.88  # how far the rims of glasses are before the middle of the head


class _Eye(NamedTuple):
    """Coordinates around the nearer eye, tilted with it, (N, H, W) each."""

    x: Tensor  # outwards from the eye's centre
    y: Tensor
    side: Tensor
    upper: Tensor  # height of the upper lid's edge
    lower: Tensor
    front: Tensor  # 1 on the front of the head, 0 behind


def paint_eyes(skin: Tensor, surface: Surface, pixel: Tensor, v: Values, f: Values) -> None:
    """Paints sockets, eyes, lids, lashes and brows onto the skin."""
    x = surface.x.abs() - f["eye_x"]
    y = surface.y - f["eye_y"] - v["eye_tilt"] * x
    t = x / f["eye_width"]
    arch = 1.0 - t * t
    upper = (f["lid_upper"] + f["lid_uneven"] * surface.side) * arch * (1.0 - 0.10 * t)
    lower = -f["lid_lower"] * arch * (1.0 + 0.15 * t)
    eye = _Eye(x, y, surface.side, upper, lower, surface.front)
    _paint_lids(skin, eye, pixel, v, f)
    inside = torch.minimum(upper - y, y - lower)
    blend(skin, _eyeball(skin, eye, pixel, v, f), edge(inside, pixel) * eye.front)
    _paint_lashes(skin, eye, pixel, v, f)
    _paint_brows(skin, surface, pixel, v, f)


def _eyeball(skin: Tensor, eye: _Eye, pixel: Tensor, v: Values, f: Values) -> Tensor:
    """White, iris, pupil and highlights, (N, 3, H, W), as if there were no lids."""
    ball = rgb(skin, 0.97, 0.96, 0.95).expand_as(skin).clone()
    size = f["iris"]
    x, y = eye.x - f["gaze_x"] * eye.side, eye.y - f["gaze_y"] - 0.01
    far = (x * x + y * y).sqrt_() / size  # 1 at the iris' edge
    blend(ball, v["iris_colour"] * 0.35, edge(1.0 - far, pixel / size))
    lit = (0.95 - 0.55 * y / size).clamp_(0.4, 1.6)  # lighter below, as light falls through
    blend(ball, v["iris_colour"] * 1.15 * lit[:, None], edge(0.86 - far, 2.0 * pixel / size))
    blend(ball, rgb(ball, 0.02, 0.02, 0.02), edge(0.46 - far, pixel / size))
    darken(ball, rgb(ball, 0.52, 0.50, 0.55), bump((eye.upper - eye.y) / 0.07))  # of the lid
    white = rgb(ball, 1.35, 1.35, 1.35)
    shine_x = x * eye.side + (0.34 - 0.25 * v["light_x"]) * size
    blend(ball, white, edge(ellipse(shine_x, y - 0.36 * size, 0.25 * size, 0.25 * size), pixel))
    small = edge(ellipse(shine_x - 0.65 * size, y + 0.35 * size, 0.11 * size, 0.11 * size), pixel)
    blend(ball, white, 0.6 * small)
    return ball


def _paint_lids(skin: Tensor, eye: _Eye, pixel: Tensor, v: Values, f: Values) -> None:
    """Sockets, eye shadow, the fold above the lid and the bag below it."""
    wide = f["eye_width"]
    socket = bump(eye.x / (1.75 * wide)) * bump((eye.y - 0.03) / (1.5 * wide)) * eye.front
    darken(skin, rgb(skin, 0.80, 0.72, 0.72), socket)
    lid = bump(eye.x / (1.35 * wide)) * ease(1.0 - (eye.y - eye.upper) / 0.13) * eye.front
    lid = lid * edge(eye.y, pixel)
    blend(skin, v["makeup_colour"], lid * (0.65 * v["makeup"]))
    fold = eye.upper.clamp(min=0.0) + 0.045
    line = edge(0.009 - (eye.y - fold).abs(), pixel) * bump(eye.x / (1.08 * wide)) * eye.front
    darken(skin, rgb(skin, 0.55, 0.45, 0.45), line)
    bag = bump((eye.y - eye.lower + 0.055 + 0.02 * v["AU6"]) / 0.03) * bump(eye.x / wide)
    strength = (0.15 + 0.45 * v["wrinkle"] + 0.35 * v["AU6"] + 0.2 * v["AU7"]) * eye.front
    darken(skin, rgb(skin, 0.72, 0.63, 0.63), bag * strength)


def _paint_lashes(skin: Tensor, eye: _Eye, pixel: Tensor, v: Values, f: Values) -> None:
    """A dark line along the upper lid, longer outwards, and a thin one along the lower."""
    t = eye.x / f["eye_width"]
    strength = (v["lash"] + 0.5 * v["makeup"]).clamp(0.05, 1.2)
    thick = (0.012 + 0.020 * strength) * (1.0 + 0.35 * t)
    wing = 0.10 * strength * (t - 0.75).clamp(min=0.0)
    line = torch.minimum(
        thick - (eye.y - eye.upper.clamp(min=-0.02) - 0.5 * thick - wing).abs(),
        f["eye_width"] * (1.06 + 0.16 * strength * eye.x.sign()) - eye.x.abs(),
    )
    dark = rgb(skin, 0.08, 0.05, 0.05)
    blend(skin, dark, edge(line, pixel) * eye.front)
    below = 0.010 - (eye.y - eye.lower + 0.005).abs_()
    below = torch.minimum(below, f["eye_width"] - eye.x.abs())
    blend(skin, dark, edge(below, pixel) * (eye.front * (0.25 + 0.35 * strength)))


def _paint_brows(skin: Tensor, surface: Surface, pixel: Tensor, v: Values, f: Values) -> None:
    """Brows: a band along a parabola through inner end, middle and outer end."""
    x = surface.x.abs() - f["brow_x"]
    t = x / v["brow_length"]  # -1 inner end, 1 outer end
    inner, middle, outer = f["brow_inner_y"], f["brow_middle_y"], f["brow_outer_y"]
    line = middle + 0.5 * (outer - inner) * t + (0.5 * (outer + inner) - middle) * t * t
    line = line + f["brow_uneven"] * surface.side
    thick = v["brow_thickness"].clamp(min=0.012) * (1.0 - 0.32 * t - 0.18 * t * t)
    band = torch.minimum(thick - (surface.y - line).abs(), (1.03 - t.abs()) * 0.10)
    hair = v["brow_colour"] * (1.0 - 0.25 * ((surface.y - line) / thick).clamp(-1.0, 1.0))[:, None]
    cover = edge(band, pixel + 0.012) * surface.front
    blend(skin, hair, 0.92 * cover)


def paint_glasses(canvas: Tensor, view: View, surface: Surface, v: Values, f: Values) -> None:
    """Paints glasses on the pictures that have them; the head hides the far temple."""
    turn = view.rotation[:, :, :, None, None]
    depth = (_GLASSES - turn[:, 0, 2] * view.x - turn[:, 1, 2] * view.y) / turn[:, 2, 2]
    x, y, _ = view.to_head(depth)
    out, y = x.abs(), y - f["eye_y"] + 0.015
    wide = 0.215 * v["frame_size"]
    middle = (0.10 + wide).clamp(min=0.27)
    corner = 0.05 + 0.12 * v["frame_round"]
    across = ((out - middle).abs() - (wide - corner)).clamp_(min=0.0)
    down = (y.abs() - (0.80 * wide - corner)).clamp_(min=0.0)
    lens = corner - (across * across + down * down).sqrt_()  # a box with round corners
    rim = 0.016 - (lens - 0.004).abs_()
    bridge = torch.minimum(0.016 - (y - 0.05).abs(), middle - wide - out)
    frame = edge(torch.maximum(rim, bridge), view.pixel)
    glass = edge(lens, view.pixel) * (0.10 * v["glasses"])
    blend(canvas, rgb(canvas, 0.9, 0.9, 0.9), glass)
    streak = edge(0.03 - (out * x.sign() - middle * x.sign() + y).abs(), view.pixel + 0.01)
    blend(canvas, rgb(canvas, 1.0, 1.0, 1.0), streak * glass * 2.0)
    for side in (-1.0, 1.0):
        frame = torch.maximum(frame, _temple(view, surface, side, middle + wide, v, f))
    shine = 1.0 + 0.25 * v["light_y"][:, None]
    blend(canvas, v["frame_colour"] * shine, frame * v["glasses"])


def _temple(
    view: View, surface: Surface, side: float, wide: Tensor, v: Values, f: Values
) -> Tensor:
    """Cover of the temple on one side, (N, H, W)."""
    ear = 0.78 * v["face_width"] + 0.02
    start = view.to_camera((side * wide, f["eye_y"] + 0.04, _GLASSES - 0.03))
    end = view.to_camera((side * ear, f["eye_y"] + 0.02, -0.05))
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    x, y = view.x - start[0], view.y - start[1]
    length = along_x * along_x + along_y * along_y + 1e-4
    t = ((x * along_x + y * along_y) / length).clamp_(0.0, 1.0)
    off_x, off_y = x - t * along_x, y - t * along_y
    distance = 0.018 - (off_x * off_x + off_y * off_y).sqrt_()
    depth = start[2] + t * (end[2] - start[2])
    return edge(distance, view.pixel) * edge(depth - surface.seen.depth + 0.03, 0.06)
