"""Soft shapes: signed distances, their edges and the painting of layers.

In all modules of the renderer, `v` holds the numbers of each picture and `f` its features (from
`geometry.place_features`); `canvas` and `skin`, (N, 3, H, W), are painted in place.

Only operations that IEEE 754 rounds exactly are used on pixels (+ - * /, square roots, minimum,
maximum, floor): their results do not depend on where a pixel lies in memory, so a picture drawn
alone equals, bit for bit, the same picture drawn among others.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

Values = Mapping[str, Tensor]  # numbers of each picture: (N, 1, 1), colours (N, 3, 1, 1)


def rgb(like: Tensor, red: float, green: float, blue: float) -> Tensor:
    """A colour, (1, 3, 1, 1), on the device of a tensor."""
    return torch.tensor([red, green, blue], device=like.device).view(1, 3, 1, 1)


def edge(distance: Tensor, softness: Tensor | float) -> Tensor:
    """Coverage by a shape, 0..1, by its signed distance (positive inside) and its edge's width."""
    return (distance / softness).add_(0.5).clamp_(0.0, 1.0)


def ease(x: Tensor) -> Tensor:
    """A smooth step from 0 at x <= 0 to 1 at x >= 1."""
    x = x.clamp(0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def bump(x: Tensor, y: Tensor | None = None) -> Tensor:
    """A smooth hill: 1 at 0, 0 from |x| = 1 on; with y, round: 0 outside of the unit circle."""
    rise = (1.0 - (x * x if y is None else x * x + y * y)).clamp_(min=0.0)
    return rise.mul_(rise)


def ellipse(x: Tensor, y: Tensor, width: Tensor | float, height: Tensor | float) -> Tensor:
    """Signed distance to an ellipse of these half axes around the origin.

    It is exact for a circle and on the shorter axis; elsewhere the edge is a little too soft.
    """
    u, v = x / width, y / height
    smaller = torch.minimum(torch.as_tensor(width), torch.as_tensor(height))
    return (1.0 - (u * u + v * v).sqrt_()) * smaller.to(x.device)


def wave(x: Tensor) -> Tensor:
    """A smooth wave of period 1, -1..1, made of parabolas."""
    t = x - x.floor()
    half = (2.0 * t).floor_()  # 0 in the first half of a period, 1 in the second
    s = 2.0 * t - half
    return (4.0 * s * (1.0 - s)) * (1.0 - 2.0 * half)


def smooth_max(a: Tensor, b: Tensor, width: float) -> Tensor:
    """The larger of two, rounded off where they differ by less than `width`."""
    near = (width - (a - b).abs_()).clamp_(min=0.0)
    return torch.maximum(a, b).add_(near.mul_(near).mul_(0.25 / width))


def blend(canvas: Tensor, colour: Tensor, cover: Tensor) -> None:
    """Lays a colour over a canvas, in place; `cover`, (N, H, W), is 1 where it hides the canvas."""
    canvas += (colour - canvas) * cover[:, None]  # (N, 3, H, W)


def darken(canvas: Tensor, tint: Tensor, cover: Tensor) -> None:
    """Multiplies a canvas by a tint, in place, where `cover`, (N, H, W), is 1."""
    canvas *= 1.0 + (tint - 1.0) * cover[:, None]  # (N, 3, H, W)
