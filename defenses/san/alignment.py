"""Prototypes where each face lies, by the landmarks that MTCNN finds."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from bench.data.alignment import Points
from bench.faces import Images
from bench.nn.classifier import on
from defenses.san.pictures import joined_with

AT_ONCE = 128  # pictures
LARGEST = 3.0  # resizing that is believed, and its inverse the smallest: else it is no face


class Prototypes(NamedTuple):
    """Women's, men's and the neutral prototype, for some pictures.

    Attributes:
        three: (3, 3, H, W), 0..1.
        warps: from each of the N faces to them, (N, 2, 3); nothing: they are the same for all.
    """

    three: Tensor
    warps: Tensor | None

    def joined(self, kind: str, gender: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """What some pictures are joined with, (B, 3, H, W) each (pictures.joined_with).

        Args:
            kind: `SM`, `NT` or `OP`.
            gender: of all pictures, (N,).
            rows: which of them, (B,).
        """
        own, other = joined_with(kind, self.three, gender[rows])
        if self.warps is None:
            return own, other
        return warped(own, self.warps[rows]), warped(other, self.warps[rows])


def mean_landmarks(points: Points) -> Points:
    """Where landmarks lie on average, (5, 2), of (N, 5, 2).

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


def similarities(start: Points, end: Points) -> NDArray[np.float32]:
    """How to turn, resize and move landmarks so that they lie nearest to others (least squares).

    Args:
        start: fractions of a square picture's side, (N, 5, 2); or (5, 2), for all.
        end: likewise; one of the two is of N pictures.

    Returns:
        (N, 2, 3), as `torch.nn.functional.affine_grid` takes them; where a landmark is nan or the
        size absurd, those that change nothing.
    """
    first, last = (2 * part[..., 0] - 1 + 1j * (2 * part[..., 1] - 1) for part in (start, end))
    middles = first.mean(axis=-1), last.mean(axis=-1)
    first, last = first - middles[0][..., None], last - middles[1][..., None]  # (N, 5), complex
    with np.errstate(invalid="ignore", divide="ignore"):
        turn = (first.conj() * last).sum(axis=-1) / (abs(first) ** 2).sum(axis=-1)  # (N,)
        move = middles[1] - turn * middles[0]
        good = (abs(turn) > 1 / LARGEST) & (abs(turn) < LARGEST)  # false, too, of nan
    turn, move = np.where(good, turn, 1), np.where(good, move, 0)
    rows = [(turn.real, -turn.imag, move.real), (turn.imag, turn.real, move.imag)]
    return np.array(rows, np.float32).transpose(2, 0, 1)


def warped(pictures: Tensor, warps: Tensor) -> Tensor:
    """Pictures, (B, C, H, W), each seen through its warp, (B, 2, 3); edges go on outside."""
    with torch.autocast(pictures.device.type, enabled=False):  # bf16 moves points by pixels
        grid = functional.affine_grid(warps, list(pictures.shape), align_corners=False)
        return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def gathered(images: Images, points: Points, place: Points, device: str) -> Images:
    """The pictures, uint8, (N, 3, H, W), warped so that their landmarks come to lie at a place.

    As nearly as turning, resizing and moving can; a picture without a face stays as it is.

    Args:
        images: uint8, (N, 3, H, W).
        points: their landmarks, (N, 5, 2).
        place: where they should lie, (5, 2).
        device: a torch device's name.
    """
    made = [
        warped(some.float(), warps).round().byte().cpu().numpy()
        for some, warps in zip(
            torch.split(on(device, images), AT_ONCE),
            torch.split(on(device, similarities(place, points)), AT_ONCE),
            strict=True,
        )
    ]
    return np.concatenate(made)
