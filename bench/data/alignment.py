"""Facial landmarks by MTCNN, and pictures aligned by them."""

import math
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.data.image_files import Cut, decoded, square, upright
from bench.faces import Images

if TYPE_CHECKING:
    from facenet_pytorch import MTCNN

DETECTION_PX = 160  # side of the pictures that MTCNN gets
MIN_FACE_PX = 40  # smallest face that is detected in them
CROP_SIDE = 2.8  # of an aligned picture, in distances between eyes and mouth
CROP_MIDDLE = 0.55  # height of the point between eyes and mouth, in an aligned picture
# where eyes, nose and corners of the mouth are in an aligned picture of a frontal face
ALIGNED_POINTS = ((0.345, 0.371), (0.655, 0.371), (0.5, 0.548), (0.372, 0.729), (0.628, 0.729))
_BATCH = 64

Points = NDArray[np.float32]


def landmarks(images: Images, device: str) -> Points:
    """Eyes, nose and corners of the mouth as (x, y), float32, (N, 5, 2); nan without a face.

    Left in the picture comes first; coordinates are fractions of width and height. Of several
    faces, the largest one near the middle counts.

    Source: Zhang, Zhang, Li, Qiao, IEEE Signal Processing Letters 23 (2016); weights that come with
        facenet-pytorch.
    """
    import torch
    from torch.nn import functional

    found = np.full((len(images), 5, 2), np.nan, np.float32)
    for start in range(0, len(images), _BATCH):
        batch = torch.from_numpy(np.array(images[start : start + _BATCH])).to(device).float()
        resized = functional.interpolate(
            batch, (DETECTION_PX, DETECTION_PX), mode="bilinear", antialias=True
        ).permute(0, 2, 3, 1)  # (n, 160, 160, 3)
        for i, points in enumerate(_detector(device).detect(resized, landmarks=True)[2]):
            if points is not None:
                found[start + i] = points[0] / DETECTION_PX
    return found


def aligned(
    paths: list[Path], size_px: int, crop: float, centre: tuple[float, float], device: str
) -> Cut:
    """Image files, aligned by their faces; without a face (a warning counts them), as `decoded`."""
    (images, boxes), faceless = decoded(paths, size_px, crop, centre), []
    for start in range(0, len(paths), _BATCH):
        detected = decoded(paths[start : start + _BATCH], DETECTION_PX, 1.0, (0.5, 0.5)).images
        for i, points in enumerate(landmarks(detected, device), start):
            if np.isfinite(points).all():
                picture = upright(paths[i])
                side = min(picture.size)
                corner = (np.array(picture.size) - side) / 2  # of the square MTCNN has seen
                boxes[i] = level_box(points * side + corner, picture.size)
                images[i] = cut(picture, boxes[i], size_px)
            else:
                faceless.append(paths[i])
    if faceless:
        warnings.warn(
            f"align=true found no face in {len(faceless)} of {len(paths)} pictures, e.g. "
            f"{faceless[0]}: cut around the centre, not aligned",
            stacklevel=2,
        )
    return Cut(images, boxes)


def realigned(images: Images, device: str) -> Images:
    """Pictures in memory, aligned by their faces; those without a face are unchanged."""
    kept = np.array(images)
    extent = np.array(images.shape[:1:-1])  # width, height
    for i, points in enumerate(landmarks(images, device)):
        if np.isfinite(points).all():
            picture = Image.fromarray(images[i].transpose(1, 2, 0))
            kept[i] = cut(picture, level_box(points * extent, picture.size), images.shape[-1])
    return kept


def level_box(points: Points, size: tuple[int, int]) -> NDArray[np.float64]:
    """The box (bench.data.image_files.Cut) of a face that `cut` shows with its eyes on one level.

    `points`, (5, 2), are those of `landmarks`, but in px; `size` is the picture's.
    """
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    across, down = points[1] - points[0]
    x, y = ((eyes + mouth) / 2).tolist()
    side = min(CROP_SIDE * float(np.hypot(*(mouth - eyes))), *size)
    degrees = math.degrees(math.atan2(down, across))
    return np.array([x - side / 2, y - CROP_MIDDLE * side, side, degrees])


def cut(picture: Image.Image, box: NDArray[np.float64], size_px: int) -> Images:
    """A box of an RGB picture (bench.data.image_files.Cut), uint8, (3, size_px, size_px)."""
    left, top, side, degrees = box.tolist()
    if degrees:
        middle = left + side / 2, top + CROP_MIDDLE * side
        picture = picture.rotate(degrees, Image.Resampling.BICUBIC, center=middle)
    return square(picture, (left, top), side, size_px)


@cache
def _detector(device: str) -> "MTCNN":
    from facenet_pytorch import MTCNN  # here: it is slow to import

    return MTCNN(
        min_face_size=MIN_FACE_PX, selection_method="center_weighted_size", device=device
    ).eval()
