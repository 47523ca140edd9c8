"""Solids: ellipsoids that turn with the head, seen from the front without perspective."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from bench.data.synthetic.shapes import smooth_max

_FALL = 3.0  # how steeply the depth at least goes on falling outside of an outline
_SOFT = 0.04  # share of the squared half depth over which the outline is rounded off


class View(NamedTuple):
    """Where each pixel is, in head units around the head's origin; x to the right, y up."""

    x: Tensor  # (N, 1, W)
    y: Tensor  # (N, H, 1)
    pixel: Tensor  # (N, 1, 1), size of a pixel
    rotation: Tensor  # (N, 3, 3), from head to camera

    def to_head(self, depth: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Head coordinates x, y, z of the seen points, (N, H, W) each; depth is in head units."""
        turn = self.rotation[:, :, :, None, None]  # (N, 3, 3, 1, 1)
        across = (turn[:, 0] * self.x[:, None], turn[:, 1] * self.y[:, None])  # (N, 3, 1, W)...
        x, y, z = (depth * turn[:, 2, i] + across[0][:, i] + across[1][:, i] for i in range(3))
        return x, y, z

    def to_camera(self, point: Sequence[Tensor | float]) -> tuple[Tensor, Tensor, Tensor]:
        """Camera coordinates of a point of the head, (N, 1, 1) each."""
        turn = self.rotation[:, :, :, None, None]
        a, b, c = point
        x, y, z = (turn[:, i, 0] * a + turn[:, i, 1] * b + turn[:, i, 2] * c for i in range(3))
        return x, y, z


# centre and half axes of an ellipsoid, head coordinates
Part = tuple[tuple[Tensor | float, ...], tuple[Tensor | float, ...]]


class Seen(NamedTuple):
    """The visible part of a solid."""

    depth: Tensor  # (N, H, W), of its surface towards the viewer; falls steeply outside
    inside: Tensor  # (N, H, W), signed distance to its outline, positive inside


def visible(view: View, parts: Mapping[str, Part]) -> dict[str, Seen]:
    """The visible surfaces of ellipsoids by name."""
    like = view.pixel
    numbers = [number for centre, axes in parts.values() for number in (*centre, *axes)]
    columns = [torch.as_tensor(n, dtype=like.dtype, device=like.device) for n in numbers]
    flat = torch.cat([column.expand_as(like) for column in columns], dim=2)  # (N, 1, 6 * E)
    flat = flat.view(len(like), len(parts), 2, 3)
    seen = turn_solids(view, flat[:, :, 0], flat[:, :, 1])
    return dict(zip(parts, seen, strict=True))


def turn_solids(view: View, centres: Tensor, radii: Tensor) -> list[Seen]:
    """Ellipsoids as they are seen; centres and half axes are head coordinates, (N, E, 3) each."""
    turn = view.rotation[:, None]  # (N, 1, 3, 3)
    # sums over the three axes are written out: a matrix product may round differently in a batch
    centre = _sum_of_three(turn * centres[:, :, None, :])  # (N, E, 3)
    scaled = turn / radii[:, :, None, :]  # (N, E, 3, 3)
    form = _sum_of_three(scaled[:, :, :, None, :] * scaled[:, :, None, :, :])  # (N, E, 3, 3)
    front = form[..., 2, 2]
    # how the depth of the middle plane falls along x and y, (N, E, 2)
    slope = form[..., 2, :2] / front[..., None]
    xx = form[..., 0, 0] / front - slope[..., 0] * slope[..., 0]
    xy = form[..., 0, 1] / front - slope[..., 0] * slope[..., 1]
    yy = form[..., 1, 1] / front - slope[..., 1] * slope[..., 1]
    # the terms 1, x*x, x*y and y*y of the squared half depth, (N, E, 4)
    square = torch.stack([1.0 / front, -xx, -2.0 * xy, -yy], dim=-1)
    # turns the squared half depth into a distance, (N, E): near the outline, it is about
    # 2 * distance * front depth**2 / radius
    outline = 0.5 * front.sqrt() / torch.maximum(xx, yy).sqrt()
    # turns it into what the depth falls outside of the outline, (N, E): more than the middle plane
    # of a thin solid may rise there
    rise = (slope.abs() + 0.2) * 0.5 * (front[..., None] / torch.stack([xx, yy], dim=-1)).sqrt()
    fall = torch.maximum(rise[..., 0], rise[..., 1]).clamp(min=_FALL)
    parts = (centre, slope, square, outline, fall)
    solids = [[part[:, i, ..., None, None] for part in parts] for i in range(centres.shape[1])]
    return [_look(view, *solid) for solid in solids]


def _look(
    view: View, centre: Tensor, slope: Tensor, square: Tensor, outline: Tensor, fall: Tensor
) -> Seen:
    """Depth and outline of one ellipsoid, from its numbers, (N, 1, 1) or (N, k, 1, 1) each."""
    x, y = view.x - centre[:, 0], view.y - centre[:, 1]
    half = x * (square[:, 2] * y)  # (N, H, W)
    half += square[:, 1] * x * x
    half += square[:, 0] + square[:, 3] * y * y
    # like a square root, but without its steep end, which would show as a seam
    soft = half.abs().add_(_SOFT * square[:, 0]).sqrt_()
    depth = (half * (1.0 + _SOFT) ** 0.5).div_(soft)
    depth += half.clamp(max=0.0).mul_(fall)
    depth += centre[:, 2] - slope[:, 0] * x
    depth -= slope[:, 1] * y
    return Seen(depth, half.mul_(outline))


def _sum_of_three(terms: Tensor) -> Tensor:
    """Sum over a last axis of three, in a fixed order."""
    return terms[..., 0] + terms[..., 1] + terms[..., 2]


def join(first: Seen, second: Seen, width: float) -> Seen:
    """The union of two solids, rounded over `width`."""
    return Seen(*(smooth_max(a, b, width) for a, b in zip(first, second, strict=True)))
