"""Crops of faces as published networks were trained to see them."""

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from bench.nn.published.catalogue import Judge


def crop(pictures: Tensor, points: Tensor, judge: Judge) -> Tensor:
    """The faces, moved, turned and scaled so that their points meet the judge's.

    Beyond its edge, a picture is continued by its last pixels. Where it shrinks, areas are
    averaged; gradients flow to the pictures.

    Args:
        pictures: (N, 3, H, W).
        points: eyes, nose and corners of the mouth as (x, y) in fractions of width and height,
            left in the picture first; (N, 5, 2), or (5, 2) for all pictures.
        judge: its points must be given.

    Returns:
        (N, 3, input_px, input_px).
    """
    extent = torch.stack([pictures.new_full((), n) for n in pictures.shape[:1:-1]])  # width, height
    template = _template(judge, pictures.device).to(pictures.dtype)
    where = points.to(pictures.dtype).expand(len(pictures), 5, 2) * extent
    matrix, offset = similarity(template + 0.5, where)  # from middles of pixels to edges
    px, middle = judge.input_px, judge.input_px / 2
    linear = matrix * px / extent[:, None]  # (N, 2, 2)
    shift = 2 * (matrix.sum(dim=2) * middle + offset) / extent - 1  # (N, 2)
    theta = torch.cat([linear, shift[..., None]], dim=2)  # (N, 2, 3)
    n_samples = math.ceil(max(pictures.shape[2:]) / px)  # per pixel, along each axis
    side = px * n_samples
    grid = functional.affine_grid(theta, [len(pictures), 3, side, side], align_corners=False)
    samples = functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    return functional.avg_pool2d(samples, n_samples)


def similarity(points: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """The map from points, (5, 2), to others, (N, 5, 2): matrices, (N, 2, 2), offsets, (N, 2).

    It turns, scales and moves; back from the others to the points, its squared error is least.

    Source: Umeyama, IEEE PAMI 13 (1991); in the plane, numbers a and b with points = a others + b.
    """
    middle, centre = points.mean(dim=0), others.mean(dim=1)  # (2,), (N, 2)
    p, q = points - middle, others - centre[:, None]  # (5, 2), (N, 5, 2)
    real = (p * q).sum(dim=(1, 2))  # of a, times the spread of the others; (N,)
    imaginary = (q[..., 0] * p[:, 1] - q[..., 1] * p[:, 0]).sum(dim=1)  # (N,)
    spread = q.square().sum(dim=(1, 2)) / (real.square() + imaginary.square())
    c, s = real * spread, imaginary * spread  # 1 / a = c - i s
    matrix = torch.stack([c, s, -s, c], dim=1).reshape(-1, 2, 2)
    return matrix, centre - matrix @ middle


@cache
def _template(judge: Judge, device: torch.device) -> Tensor:
    """The judge's points, (5, 2), which are moved to the device once."""
    with torch.inference_mode(mode=False):
        return torch.tensor(judge.points, device=device)
