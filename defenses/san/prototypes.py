"""Average pictures of classes, optionally warped to each face by its landmarks."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator
from torch import Tensor
from torch.nn import functional

from bench.api import Weights
from bench.data.alignment import Points
from bench.faces import Array, Images
from bench.nn.classifier import exact_outputs, to_device

MAX_SCALE = 3.0  # landmarks that need more scaling, up or down, are not a face
LATTICE = 64  # points per side, at most, at which a piecewise warp is stored
# Around a picture, where a piecewise warp is the similarity; in the coordinates of affine_grid.
_FRAME = np.array([(x, y) for x in (-2, 0, 2) for y in (-2, 0, 2) if x or y], np.float32)

Warps = NDArray[np.float32]


class Prototypes(NamedTuple):
    """The prototypes for N pictures."""

    images: Tensor  # of K classes, and neutral, (K + 1, 3, H, W), 0..1
    warps: Tensor | None  # from each face to the prototypes (`warps_between`); None: not aligned

    def pairs(self, kind: str, own: Tensor, index: Tensor) -> tuple[Tensor, Tensor]:
        """The prototypes of the own class and the target prototypes, (B, 3, H, W) each.

        The target is `SM`, the own class; `NT`, neutral; or `OP`, the opposite class; `index`,
        (B,), are the positions of B pictures of this class, (B,), among the N.

        Source: the authors' slides: P_SM = y P_male + (1 - y) P_female, P_OP the reverse.
        """
        n = len(self.images) - 1
        goal = {"SM": own, "NT": torch.full_like(own, n), "OP": opposite(own, n)}[kind]
        first, last = self.images[own], self.images[goal]
        if self.warps is None:
            return first, last
        return warped(first, self.warps[index]), warped(last, self.warps[index])


def opposite(own: Tensor, n_classes: int) -> Tensor:
    """The class half of all classes further on: of two, the other; of ordered ones, a far one."""
    return (own + n_classes // 2) % n_classes


def fitted_prototypes(
    images: Images, label: Array, points: Points | None, warp: str, device: str
) -> Weights:
    """The prototypes, (K + 1, 3, H, W), and, if aligned, their `landmarks`, (L, 2).

    With the landmarks of the faces, (N, L, 2), pictures are aligned before averaging.
    """
    more = {}
    if points is not None:
        found = np.isfinite(points).all(axis=(1, 2))
        if not found.any():
            raise ValueError(
                f"expected faces for aligned prototypes, found none in {len(points)} pictures; "
                "use aligned=false"
            )
        more["landmarks"] = mean = np.asarray(points[found].mean(axis=0), np.float32)
        images = aligned(images, points, mean, warp, device)
    return {"prototypes": averages(images, label), **more}


def prototypes_for(points: Points | None, weights: Weights, warp: str, device: str) -> Prototypes:
    """The fitted prototypes for pictures with these landmarks."""
    images = to_device(device, weights["prototypes"])
    if points is None:
        return Prototypes(images, None)
    warps = warps_between(warp, points, weights["landmarks"], images.shape[-1])
    return Prototypes(images, to_device(device, warps))


def averages(images: Images, label: Array) -> NDArray[np.float32]:
    """Average pictures of K classes, and of all, (K + 1, 3, H, W), 0..1.

    Source: the authors' slides; P_NT = a_F P_F + a_M P_M.

    Raises:
        ValueError: unless there are two classes, and all up to the last occur.
    """
    found, counts = np.unique(label, return_counts=True)
    wanted = list(range(max(2, int(found.max(initial=0)) + 1)))
    if found.tolist() != wanted:
        raise ValueError(f"expected pictures of classes {wanted}, got {found}; add pictures of all")
    means = [images[label == one].mean(axis=0) / 255 for one in found]
    rest = counts[1:] / len(label)
    shares = (1 - rest.sum(), *rest)
    neutral = sum(share * mean for share, mean in zip(shares, means, strict=True))
    return np.stack([*means, neutral]).astype(np.float32)


def warps_between(warp: str, start: Points, end: Points, size_px: int) -> Warps:
    """Warps (for `warped`) of pictures with landmarks `end`, so that these come to lie at `start`.

    Landmarks are fractions of a square picture's side, (N, L, 2), or (L, 2) for all. `similarity`:
    the least-squares rotation, scale and shift, (N, 2, 3); `piecewise`: positions at a lattice of
    points, (N, G, G, 2), affine in the triangles between landmarks, and around the picture as the
    similarity. Where a landmark is nan, or scales beyond MAX_SCALE, nothing moves.

    Source: Cootes, Edwards, Taylor, Active Appearance Models, ECCV 1998 (piecewise affine warps);
        triangles of Delaunay.
    """
    moves = _similarities(start, end)
    if warp == "similarity":
        return np.where(np.isnan(moves), np.eye(2, 3, dtype=np.float32), moves)
    shape = (len(moves), *np.broadcast_shapes(start.shape[-2:], end.shape[-2:]))
    pairs = zip(np.broadcast_to(start, shape), np.broadcast_to(end, shape), moves, strict=True)
    return np.stack([_lattice(*pair, size_px) for pair in pairs])


def _similarities(start: Points, end: Points) -> Warps:
    """Least-squares rotations, scales and shifts from landmarks to others, (N, 2, 3).

    The format is that of `torch.nn.functional.affine_grid`. Where a landmark is nan or the scale is
    beyond MAX_SCALE, the result is nan.
    """
    first, last = (2 * part[..., 0] - 1 + 1j * (2 * part[..., 1] - 1) for part in (start, end))
    middles = first.mean(axis=-1), last.mean(axis=-1)
    first, last = first - middles[0][..., None], last - middles[1][..., None]  # (N, L), complex
    with np.errstate(invalid="ignore", divide="ignore"):
        turn = (first.conj() * last).sum(axis=-1) / (abs(first) ** 2).sum(axis=-1)  # (N,)
        move = middles[1] - turn * middles[0]
        good = (abs(turn) > 1 / MAX_SCALE) & (abs(turn) < MAX_SCALE)  # also false for nan
    turn, move = (np.where(good, part, complex(np.nan, np.nan)) for part in (turn, move))
    rows = [(turn.real, -turn.imag, move.real), (turn.imag, turn.real, move.imag)]
    return np.array(rows, np.float32).transpose(2, 0, 1)


def _lattice(start: Points, end: Points, move: Warps, size_px: int) -> Warps:
    """Where G x G points of a picture, the middles of its outer pixels and between, come from."""
    outer = 1 - 1 / size_px
    line = np.linspace(-outer, outer, min(size_px, LATTICE), dtype=np.float32)
    places = np.stack(np.meshgrid(line, line), axis=-1)  # (G, G, 2)
    if np.isnan(move).any():
        return places
    first = np.concatenate([2 * start - 1, _FRAME])  # (L + 8, 2)
    last = np.concatenate([2 * end - 1, _FRAME @ move[:, :2].T + move[:, 2]])
    return np.asarray(LinearNDInterpolator(first, last)(places), np.float32)


def warped(pictures: Tensor, warps: Tensor) -> Tensor:
    """Pictures, (B, C, H, W), resampled by warps (`warps_between`); edge pixels are repeated."""
    with torch.autocast(pictures.device.type, enabled=False):  # bf16 moves points by whole pixels
        if warps.ndim == 3:
            grid = functional.affine_grid(warps, list(pictures.shape), align_corners=False)
        else:
            positions, side = warps.permute(0, 3, 1, 2), pictures.shape[-2:]  # (B, 2, G, G)
            finer = functional.interpolate(positions, side, mode="bilinear", align_corners=True)
            grid = finer.permute(0, 2, 3, 1)  # (B, H, W, 2)
        return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def aligned(images: Images, points: Points, goal: Points, warp: str, device: str) -> Images:
    """The pictures, uint8, (N, 3, H, W), warped so that their landmarks fit `goal`, (L, 2).

    A picture without a face is unchanged.
    """

    def moved(part: Tensor, warps: Tensor) -> Tensor:
        return warped(part.float(), warps).round().byte()

    warps = warps_between(warp, goal, points, images.shape[-1])
    return exact_outputs(moved, device, images, warps).numpy()
