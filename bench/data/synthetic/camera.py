"""The camera: blur and sensor noise, each picture with its own seed."""

import torch
from torch import Tensor

from bench.data.synthetic.shapes import Values


def blur(canvas: Tensor, v: Values) -> Tensor:
    """Each pixel mixed with its neighbours by `blur` (0..0.25 from each side), (N, 3, H, W).

    Below 64 px the share shrinks with the picture: a lens does not blur a smaller print more.
    """
    share = v["blur"][:, None] * min(1.0, canvas.shape[3] / 64)  # (N, 1, 1, 1)
    for axis in (2, 3):
        size = canvas.shape[axis]
        before = torch.cat([canvas.narrow(axis, 0, 1), canvas.narrow(axis, 0, size - 1)], axis)
        after = torch.cat(
            [canvas.narrow(axis, 1, size - 1), canvas.narrow(axis, size - 1, 1)], axis
        )
        canvas = canvas + (before + after - 2.0 * canvas) * share
    return canvas


def noise(shape: torch.Size, seeds: Tensor) -> Tensor:
    """Triangular noise of unit variance, float32 of the given shape (N, 3, H, W).

    The numbers are a hash of the seed and the place in the picture, so they do not depend on the
    other pictures of the batch.

    Args:
        shape: of the pictures.
        seeds: int32, (N,).
    """
    count = shape[1] * shape[2] * shape[3]
    place = torch.arange(count, dtype=torch.int32, device=seeds.device)
    # multiply, shift and xor, as in the finalizer of MurmurHash3 (Appleby, public domain)
    bits = seeds[:, None] * -1640531535 + place * -2048144789  # (N, count), wraps around
    bits = (bits ^ ((bits >> 16) & 0xFFFF)) * -2048144777
    bits = (bits ^ ((bits >> 13) & 0x7FFFF)) * -1028477379
    bits = bits ^ ((bits >> 16) & 0xFFFF)
    summed = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF)  # two uniform numbers of 16 bits
    spread: Tensor = (summed.to(torch.float32) - 65535.0) * (6.0**0.5 / 65536.0)
    return spread.view(shape)
