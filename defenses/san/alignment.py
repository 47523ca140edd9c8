"""Prototypes where each face lies, by the landmarks that MTCNN finds."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from bench.data.alignment import Points
from bench.faces import Images
from bench.nn.classifier import on

_AT_ONCE = 128  # pictures

Floats = NDArray[np.float32]


def usual(points: Points) -> Points:
    """Where the landmarks lie on average, (5, 2), of (N, 5, 2).

    Raises:
        ValueError: if there is no face among them.
    """
    found = np.isfinite(points).all(axis=(1, 2))
    if not found.any():
        raise ValueError(
            f"aligned prototypes want faces, MTCNN found none in {len(points)} pictures; "
            "give aligned=false"
        )
    return np.asarray(points[found].mean(axis=0), np.float32)


def similarities(start: Points, end: Points) -> Floats:
    """How to turn, resize and move landmarks so that they lie nearest to others (least squares).

    Args:
        start: fractions of a square picture's side, (N, 5, 2) or (5, 2) for all.
        end: likewise.

    Returns:
        (N, 2, 3), as `torch.nn.functional.affine_grid` takes them; where a landmark is nan, those
        that change nothing.
    """
    first, last = (2 * part[..., 0] - 1 + 1j * (2 * part[..., 1] - 1) for part in (start, end))
    middles = first.mean(axis=-1), last.mean(axis=-1)
    first, last = first - middles[0][..., None], last - middles[1][..., None]  # (N, 5)
    with np.errstate(invalid="ignore"):
        turn = (first.conj() * last).sum(axis=-1) / (abs(first) ** 2).sum(axis=-1)  # (N,), complex
    move = middles[1] - turn * middles[0]
    lost = np.isnan(turn)
    turn, move = np.where(lost, 1, turn), np.where(lost, 0, move)
    rows = [(turn.real, -turn.imag, move.real), (turn.imag, turn.real, move.imag)]
    return np.array(rows, np.float32).transpose(2, 0, 1)


def warped(pictures: Tensor, places: Tensor) -> Tensor:
    """Pictures, (B, C, H, W), each sampled at its places, (B, 2, 3); edges go on outside."""
    grid = functional.affine_grid(places, list(pictures.shape), align_corners=False)
    return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def gathered(images: Images, points: Points, device: str) -> Images:
    """The pictures, uint8, (N, 3, H, W), warped so that all landmarks lie where they usually do."""
    made = [
        warped(some.float(), where).round().byte().cpu().numpy()
        for some, where in zip(
            torch.split(on(device, images), _AT_ONCE),
            torch.split(on(device, similarities(usual(points), points)), _AT_ONCE),
            strict=True,
        )
    ]
    return np.concatenate(made)
