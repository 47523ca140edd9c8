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
        x, y, z = (
            turn[:, i, 0] * point[0] + turn[:, i, 1] * point[1] + turn[:, i, 2] * point[2]
            for i in range(3)
        )
        return x, y, z


Part = tuple[tuple[Tensor | float, ...], tuple[Tensor | float, ...]]
"""Centre and half axes of an ellipsoid, head coordinates."""


class Seen(NamedTuple):
    """The visible part of a solid."""

    depth: Tensor  # (N, H, W), of its surface towards the viewer; falls steeply outside
    inside: Tensor  # (N, H, W), signed distance to its outline, positive inside


class Solids(NamedTuple):
    """Ellipsoids of a batch of heads, in camera coordinates."""

    view: View
    centre: Tensor  # (N, E, 3), camera coordinates
    slope: Tensor  # (N, E, 2), how the depth of the middle plane falls along x and y
    square: Tensor  # (N, E, 4): 1, x*x, x*y, y*y terms of the squared half depth
    outline: Tensor  # (N, E), turns the squared half depth into a distance
    fall: Tensor  # (N, E), turns it into what the depth falls outside of the outline

    def look(self, solid: int) -> Seen:
        """Depth and outline of one ellipsoid."""
        centre, slope, square, outline, fall = (
            part[:, solid, ..., None, None]
            for part in (self.centre, self.slope, self.square, self.outline, self.fall)
        )  # (N, k, 1, 1)
        x, y = self.view.x - centre[:, 0], self.view.y - centre[:, 1]
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


def visible(view: View, parts: Mapping[str, Part]) -> dict[str, Seen]:
    """The visible surfaces of ellipsoids by name."""
    like = view.pixel
    rows = [
        [torch.as_tensor(n, dtype=like.dtype, device=like.device).expand_as(like) for n in numbers]
        for part in parts.values()
        for numbers in part
    ]
    flat = torch.stack([torch.cat(row, dim=2) for row in rows], dim=1)  # (N, 2 * E, 1, 3)
    flat = flat.view(len(like), len(parts), 2, 3)
    solids = turn_solids(view, flat[:, :, 0], flat[:, :, 1])
    return {name: solids.look(i) for i, name in enumerate(parts)}


def turn_solids(view: View, centres: Tensor, radii: Tensor) -> Solids:
    """Ellipsoids from their centres and half axes in head coordinates, (N, E, 3) each."""
    turn = view.rotation[:, None]  # (N, 1, 3, 3)
    # sums over the three axes are written out: a matrix product may round differently in a batch
    centre = _sum_of_three(turn * centres[:, :, None, :])  # (N, E, 3)
    scaled = turn / radii[:, :, None, :]  # (N, E, 3, 3)
    form = _sum_of_three(scaled[:, :, :, None, :] * scaled[:, :, None, :, :])  # (N, E, 3, 3)
    front = form[..., 2, 2]
    slope = form[..., 2, :2] / front[..., None]  # (N, E, 2)
    xx = form[..., 0, 0] / front - slope[..., 0] * slope[..., 0]
    xy = form[..., 0, 1] / front - slope[..., 0] * slope[..., 1]
    yy = form[..., 1, 1] / front - slope[..., 1] * slope[..., 1]
    square = torch.stack([1.0 / front, -xx, -2.0 * xy, -yy], dim=-1)
    # the squared half depth is about 2 * distance * front depth**2 / radius near the outline
    outline = 0.5 * front.sqrt() / torch.maximum(xx, yy).sqrt()
    # a thin solid's middle plane may rise outside of the outline: the fall must outdo that
    rise = (slope.abs() + 0.2) * 0.5 * (front[..., None] / torch.stack([xx, yy], dim=-1)).sqrt()
    fall = torch.maximum(rise[..., 0], rise[..., 1]).clamp(min=_FALL)
    return Solids(view, centre, slope, square, outline, fall)


def _sum_of_three(terms: Tensor) -> Tensor:
    """Sum over a last axis of three, in a fixed order."""
    return terms[..., 0] + terms[..., 1] + terms[..., 2]


def join(first: Seen, second: Seen, width: float) -> Seen:
    """The union of two solids, rounded over `width`."""
    return Seen(*(smooth_max(a, b, width) for a, b in zip(first, second, strict=True)))
