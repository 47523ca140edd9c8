"""Pictures warped by their landmarks, affine in each triangle between them."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import map_coordinates

from bench.data.alignment import Points, landmarks
from bench.faces import Faces

Picture = NDArray[np.float32]

# Corners and middles of the sides of a picture, which never move.
_FRAME = np.array([(x, y) for x in (0, 0.5, 1) for y in (0, 0.5, 1) if x != 0.5 or y != 0.5])
_INSIDE = 0.01, 0.99  # where landmarks may lie: no triangle reaches beyond the frame


def points_of(faces: Faces, source: str, device: str) -> Points:
    """The landmarks of faces as (x, y), fractions of the sides, (N, L, 2); nan without a face.

    `source`: `label`, those that the data set gives as its label `landmarks`; `mtcnn`, the five
    that MTCNN finds.
    """
    if source == "label":
        return np.asarray(faces.labels["landmarks"], np.float32)
    return landmarks(faces.images, device)


def mean_shape(points: Points) -> Points:
    """The mean landmarks of the faces that have them, (L, 2).

    Raises:
        ValueError: if none has.
    """
    known = np.isfinite(points).all(axis=(1, 2))
    if not known.any():
        raise ValueError(
            f"expected pictures of faces, found landmarks in none of {len(points)}; use larger or "
            "better cut pictures"
        )
    return np.asarray(points[known].mean(axis=0), np.float32)


def filled(points: Points, shape: Points) -> Points:
    """The landmarks, (N, L, 2), with those of `shape`, (L, 2), for a picture that lacks any."""
    known = np.isfinite(points).all(axis=(1, 2), keepdims=True)
    return np.where(known, points, shape)


def moved(picture: Picture, start: Points, end: Points) -> Picture:
    """The picture, (C, H, W), with what is at the landmarks `start`, (L, 2), moved to `end`.

    Source: Cootes, Edwards, Taylor, Active Appearance Models, ECCV 1998 (piecewise affine warps);
        triangles of Delaunay between the landmarks `end` and eight points of the frame.
    """
    extent = np.array(picture.shape[:0:-1])  # W, H
    across, down = ((np.arange(n) + 0.5) / n for n in extent)
    first, last = (np.concatenate([part.clip(*_INSIDE), _FRAME]) for part in (start, end))
    from_ = LinearNDInterpolator(last, first)(*np.meshgrid(across, down))  # (H, W, 2)
    x, y = (from_ * extent - 0.5).transpose(2, 0, 1)  # px, (H, W) each
    channels = [map_coordinates(channel, (y, x), order=1, mode="nearest") for channel in picture]
    return np.stack(channels).astype(np.float32)
