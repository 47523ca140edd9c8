"""Glasses: two rims and a bridge in a plane before the eyes, and the temples to the ears."""

import torch
from torch import Tensor

from bench.data.synthetic.head import Surface
from bench.data.synthetic.shapes import Values, blend, edge, rgb
from bench.data.synthetic.solids import View

_PLANE = 0.88  # how far the rims are before the middle of the head


def paint_glasses(canvas: Tensor, view: View, surface: Surface, v: Values, f: Values) -> None:
    """Paints glasses on the pictures that have them; the head hides the far temple."""
    turn = view.rotation[:, :, :, None, None]
    depth = (_PLANE - turn[:, 0, 2] * view.x - turn[:, 1, 2] * view.y) / turn[:, 2, 2]
    x, y, _ = view.to_head(depth)
    out, y = x.abs(), y - f["eye_y"] + 0.015
    wide = 0.215 * v["frame_size"]
    middle = (0.10 + wide).clamp(min=0.27)
    lens = _rounded(out - middle, y, wide, 0.80 * wide, (0.05 + 0.12 * v["frame_round"]))
    rim = 0.016 - (lens - 0.004).abs_()
    bridge = torch.minimum(0.016 - (y - 0.05).abs(), middle - wide - out)
    frame = edge(torch.maximum(rim, bridge), view.pixel)
    glass = edge(lens, view.pixel) * (0.10 * v["glasses"])
    blend(canvas, rgb(canvas, 0.9, 0.9, 0.9), glass)
    streak = edge(0.03 - (out * x.sign() - middle * x.sign() + y).abs(), view.pixel + 0.01)
    blend(canvas, rgb(canvas, 1.0, 1.0, 1.0), streak * glass * 2.0)
    temples = torch.maximum(
        *(_temple(view, surface, side, middle + wide, v, f) for side in (-1.0, 1.0))
    )
    shine = 1.0 + 0.25 * v["light_y"][:, None]
    blend(canvas, v["frame_colour"] * shine, torch.maximum(frame, temples) * v["glasses"])


def _rounded(x: Tensor, y: Tensor, wide: Tensor, high: Tensor, corner: Tensor) -> Tensor:
    """Signed distance to a box with round corners, (N, H, W)."""
    u = (x.abs() - (wide - corner)).clamp_(min=0.0)
    w = (y.abs() - (high - corner)).clamp_(min=0.0)
    return corner - (u * u + w * w).sqrt_()


def _temple(
    view: View, surface: Surface, side: float, wide: Tensor, v: Values, f: Values
) -> Tensor:
    """Cover of the temple on one side, (N, H, W)."""
    ear = 0.78 * v["face_width"] + 0.02
    start = view.to_camera((side * wide, f["eye_y"] + 0.04, torch.full_like(wide, _PLANE - 0.03)))
    end = view.to_camera((side * ear, f["eye_y"] + 0.02, torch.full_like(wide, -0.05)))
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    x, y = view.x - start[0], view.y - start[1]
    length = along_x * along_x + along_y * along_y + 1e-4
    t = ((x * along_x + y * along_y) / length).clamp_(0.0, 1.0)
    off_x, off_y = x - t * along_x, y - t * along_y
    distance = 0.018 - (off_x * off_x + off_y * off_y).sqrt_()
    depth = start[2] + t * (end[2] - start[2])
    return edge(distance, view.pixel) * edge(depth - surface.seen.depth + 0.03, 0.06)
