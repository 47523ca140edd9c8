"""Cleans pictures: removes what only a key could find, and little that an eye would miss."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.faces import Images

BITS = 5  # kept of each value
SHIFT_PX = 0.5  # largest shift along each axis
QUALITY = 75  # of the JPEG, with colours at full size (4:4:4)

Floats = NDArray[np.float32]


def cleaned(images: Images, rngs: Sequence[np.random.Generator]) -> Images:
    """Pictures, uint8 (N, 3, H, W), at 5 bits, shifted by up to half a pixel, and stored as JPEG.

    Bits are cut first: nothing later can depend on the lowest three. (Shifted first, pictures
    whose lowest bits are all equal would keep a different mean.) The shift then mixes pixels with
    their neighbours, in shares that nobody knew when the picture was made. JPEG comes last, as it
    drops the fine structure that the shift left, and its result is bytes again.

    Args:
        images: what an attacker has.
        rngs: a generator for each picture; each gives two numbers, the shift down and right.
    Source: Liu, Tan, Garg, AAAI 2021 [liu2021subverting] (channels that trained attackers do not
        find).
    """
    shown = np.empty_like(images)
    for i, (image, rng) in enumerate(zip(images, rngs, strict=True)):
        few = (image >> (8 - BITS)).astype(np.float32) * np.float32(255 / (2**BITS - 1))
        down, right = rng.uniform(-SHIFT_PX, SHIFT_PX, 2)
        shown[i] = _as_jpeg(_shifted(_shifted(few, down, 1), right, 2))
    return shown


def _shifted(image: Floats, shift_px: float, axis: int) -> Floats:
    """The picture shifted along an axis by -1 to 1 px, between pixels; edges are repeated."""
    size = image.shape[axis]
    neighbour = np.clip(np.arange(size) - int(np.sign(shift_px)), 0, size - 1)
    moved = image.take(neighbour, axis)
    share = np.float32(abs(shift_px))
    return np.asarray(image + share * (moved - image), np.float32)


def _as_jpeg(image: Floats) -> Images:
    """The picture as JPEG stores it, uint8 (3, H, W)."""
    file = BytesIO()
    levels = np.rint(image).astype(np.uint8).transpose(1, 2, 0)  # (H, W, 3)
    Image.fromarray(levels).save(file, "JPEG", quality=QUALITY, subsampling=0)
    return np.asarray(Image.open(file)).transpose(2, 0, 1)  # (3, H, W)
