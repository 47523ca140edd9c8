"""Faces as MTCNN finds them, and pictures cut out around them."""

import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.data.pictures import cut, decoded, upright
from bench.faces import Images

if TYPE_CHECKING:
    from facenet_pytorch import MTCNN

SEARCHED_PX = 160  # side that pictures are searched at
SMALLEST_PX = 40  # face that is looked for, of those
SIDE = 2.8  # of the square cut out, in distances between eyes and mouth
MIDDLE = 0.55  # height of the point between eyes and mouth, of that square
_AT_ONCE = 64

Points = NDArray[np.float32]


def landmarks(images: Images, device: str) -> Points:
    """Eyes, nose, corners of the mouth as (x, y), float32, (N, 5, 2); nan where no face is found.

    Left of the picture comes first; fractions of its width and height. Of several faces it is the
    largest near the middle.

    Source: Zhang, Zhang, Li, Qiao, IEEE Signal Processing Letters 23 (2016); weights that come with
        facenet-pytorch.

    Args:
        images: uint8, (N, 3, H, W), of any size.
        device: a torch device's name.
    """
    import torch
    from torch.nn import functional

    found = np.full((len(images), 5, 2), np.nan, np.float32)
    for start in range(0, len(images), _AT_ONCE):
        part = torch.from_numpy(np.array(images[start : start + _AT_ONCE])).to(device).float()
        wide = functional.interpolate(
            part, (SEARCHED_PX, SEARCHED_PX), mode="bilinear", antialias=True
        ).permute(0, 2, 3, 1)  # (n, 160, 160, 3)
        for place, points in enumerate(_detector(device).detect(wide, landmarks=True)[2]):
            if points is not None:
                found[start + place] = points[0] / SEARCHED_PX
    return found


def aligned(
    paths: list[Path], size_px: int, crop: float, centre: tuple[float, float], device: str
) -> Images:
    """The pictures, uint8, (N, 3, size, size), levelled and cut out around their faces.

    Where none is found the picture is cut as `bench.data.pictures.decoded` does: nothing is lost.

    Args:
        paths: as there, like the next three.
        size_px: side of the result.
        crop: where no face is found.
        centre: likewise.
        device: a torch device's name.

    Raises:
        ValueError: if a file is empty, broken or huge.
    """
    images = decoded(paths, size_px, crop, centre)
    for start in range(0, len(paths), _AT_ONCE):
        part = paths[start : start + _AT_ONCE]
        wide = decoded(part, SEARCHED_PX, 1.0, (0.5, 0.5))
        for place, points in enumerate(landmarks(wide, device), start):
            if np.isfinite(points).all():
                whole = upright(paths[place])
                side = min(whole.size)
                corner = (np.array(whole.size) - side) / 2  # of the square that was searched
                images[place] = levelled(whole, points * side + corner, size_px)
    return images


def realigned(images: Images, device: str) -> Images:
    """The same for pictures in memory; one without a face stays as it is."""
    kept = np.array(images)
    extent = np.array(images.shape[:1:-1])  # width, height
    for place, points in enumerate(landmarks(images, device)):
        if np.isfinite(points).all():
            whole = Image.fromarray(np.ascontiguousarray(images[place].transpose(1, 2, 0)))
            kept[place] = levelled(whole, points * extent, images.shape[-1])
    return kept


def levelled(picture: Image.Image, points: Points, size_px: int) -> Images:
    """The face, uint8, (3, size, size), with its eyes on one level.

    Args:
        picture: RGB.
        points: as of `landmarks`, but in px, (5, 2).
        size_px: side of the result.
    """
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    across = points[1] - points[0]
    angle = math.degrees(math.atan2(across[1], across[0]))
    x, y = ((eyes + mouth) / 2).tolist()
    level = picture.rotate(angle, Image.Resampling.BICUBIC, center=(x, y))
    side = min(SIDE * float(np.hypot(*(mouth - eyes))), *picture.size)
    return cut(level, (x - side / 2, y - MIDDLE * side), side, size_px)


@cache
def _detector(device: str) -> "MTCNN":
    from facenet_pytorch import MTCNN  # here: it is slow to import

    return MTCNN(
        min_face_size=SMALLEST_PX, selection_method="center_weighted_size", device=device
    ).eval()
