"""Average pictures of the genders, optionally aligned to each face by MTCNN's landmarks."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from bench.api import Weights
from bench.data.alignment import Points
from bench.faces import Array, Faces, Images
from bench.nn.classifier import exact_outputs, to_device

MAX_SCALE = 3.0  # landmarks that need more scaling, up or down, are not a face


class Prototypes(NamedTuple):
    """The prototypes for N pictures."""

    images: Tensor  # of women, of men and neutral, (3, 3, H, W), 0..1
    warps: Tensor | None  # from each face to the prototypes, (N, 2, 3); None: no alignment

    def pairs(self, kind: str, gender: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
        """The prototypes of the own gender and the target prototypes, (B, 3, H, W) each.

        The target is `SM`, the own gender, 0 or 1; `NT`, neutral; or `OP`, the other gender;
        `index`, (B,), are the positions of B pictures with this gender, (B,), among the N.

        Source: the authors' slides: P_SM = y P_male + (1 - y) P_female, P_OP the reverse.
        """
        goal = {"SM": gender, "NT": torch.full_like(gender, 2), "OP": 1 - gender}[kind]
        own, other = self.images[gender], self.images[goal]
        if self.warps is None:
            return own, other
        return warped(own, self.warps[index]), warped(other, self.warps[index])


def fitted_prototypes(faces: Faces, points: Points | None, device: str) -> Weights:
    """The prototypes, (3, 3, H, W), and, if aligned, their `landmarks`, (5, 2).

    With the landmarks of the faces, (N, 5, 2), pictures are aligned before averaging.
    """
    images, more = faces.images, {}
    if points is not None:
        found = np.isfinite(points).all(axis=(1, 2))
        if not found.any():
            raise ValueError(
                f"expected faces for aligned prototypes, found none in {len(points)} pictures; "
                "use aligned=false"
            )
        more["landmarks"] = mean = np.asarray(points[found].mean(axis=0), np.float32)
        images = aligned(images, points, mean, device)
    return {"prototypes": averages(images, faces.labels["gender"]), **more}


def prototypes_for(points: Points | None, weights: Weights, device: str) -> Prototypes:
    """The fitted prototypes for pictures with these landmarks."""
    images = to_device(device, weights["prototypes"])
    if points is None:
        return Prototypes(images, None)
    return Prototypes(images, to_device(device, similarities(points, weights["landmarks"])))


def averages(images: Images, gender: Array) -> NDArray[np.float32]:
    """Average pictures of women, of men, and of all, (3, 3, H, W), 0..1.

    Source: the authors' slides; P_NT = a_F P_F + a_M P_M.

    Raises:
        ValueError: unless both genders occur.
    """
    share = np.mean(gender == 1)
    if not 0 < share < 1 or set(np.unique(gender)) != {0, 1}:
        got = np.unique(gender)
        raise ValueError(f"expected genders 0 and 1, got {got}; add pictures of both")
    women, men = (images[gender == one].mean(axis=0) / 255 for one in (0, 1))
    return np.stack([women, men, (1 - share) * women + share * men]).astype(np.float32)


def similarities(start: Points, end: Points) -> NDArray[np.float32]:
    """Least-squares rotations, scales and shifts from landmarks to others, (N, 2, 3).

    Landmarks are fractions of a square picture's side, (N, 5, 2), or (5, 2) for all. The format is
    that of `torch.nn.functional.affine_grid`. Where a landmark is nan or the scale is beyond
    MAX_SCALE, the result is the identity.
    """
    first, last = (2 * part[..., 0] - 1 + 1j * (2 * part[..., 1] - 1) for part in (start, end))
    middles = first.mean(axis=-1), last.mean(axis=-1)
    first, last = first - middles[0][..., None], last - middles[1][..., None]  # (N, 5), complex
    with np.errstate(invalid="ignore", divide="ignore"):
        turn = (first.conj() * last).sum(axis=-1) / (abs(first) ** 2).sum(axis=-1)  # (N,)
        move = middles[1] - turn * middles[0]
        good = (abs(turn) > 1 / MAX_SCALE) & (abs(turn) < MAX_SCALE)  # also false for nan
    turn, move = np.where(good, turn, 1), np.where(good, move, 0)
    rows = [(turn.real, -turn.imag, move.real), (turn.imag, turn.real, move.imag)]
    return np.array(rows, np.float32).transpose(2, 0, 1)


def warped(pictures: Tensor, warps: Tensor) -> Tensor:
    """Pictures, (B, C, H, W), resampled by warps, (B, 2, 3); edge pixels are repeated."""
    with torch.autocast(pictures.device.type, enabled=False):  # bf16 moves points by whole pixels
        grid = functional.affine_grid(warps, list(pictures.shape), align_corners=False)
        return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def aligned(images: Images, points: Points, goal: Points, device: str) -> Images:
    """The pictures, uint8, (N, 3, H, W), warped so that their landmarks fit `goal`, (5, 2).

    A picture without a face is unchanged.
    """

    def moved(part: Tensor, warps: Tensor) -> Tensor:
        return warped(part.float(), warps).round().byte()

    return exact_outputs(moved, device, images, similarities(goal, points)).numpy()
