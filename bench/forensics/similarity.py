"""Structural similarity and PSNR of pictures with their originals."""

from functools import cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bench.faces import Images

Floats = NDArray[np.float32]

WHITE = 255
_C1, _C2 = (0.01 * WHITE) ** 2, (0.03 * WHITE) ** 2  # of the paper
_VALUES = 2**15  # at once; more would leave the processor's cache
_VALUES_ON_DEVICE = 2**24  # 128 MB in float64, of which a dozen are needed


class Similarity(NamedTuple):
    """How similar each picture is to its original, (N,)."""

    ssim: Floats  # -1..1
    psnr_db: Floats  # infinite for an identical picture


def similarity(raw: Images, shown: Images, device: str = "cpu") -> Similarity:
    """Compares pictures with their originals, uint8 (N, 3, H, W).

    On another device than the CPU torchmetrics does it, with the same result to 2e-6.

    Source: Wang et al., IEEE TIP 13 (2004) [wang2004ssim]: Gaussian window, sigma 1.5 px, radius 5
        px, by channel; mirrored at the edges as in torchmetrics, which takes 5 s to import.
    """
    on_device = partial(_compared_on, device), _VALUES_ON_DEVICE
    compared, n_values = (_compared, _VALUES) if device == "cpu" else on_device
    n = max(1, n_values // max(1, raw[:1].size))
    parts = [compared(raw[i : i + n], shown[i : i + n]) for i in range(0, len(raw), n)]
    return Similarity(*np.concatenate(parts, axis=1))


def _compared(raw: Images, shown: Images) -> Floats:
    """SSIM and PSNR, (2, N).

    The paper's means, variances and covariance of two pictures are those of their sum and
    difference: 2 cov(x, y) = (var(x + y) - var(x - y)) / 2, and so on.
    """
    first, second = raw.astype(np.float32), shown.astype(np.float32)
    total, apart = first + second, first - second
    with np.errstate(divide="ignore"):  # identical pictures
        psnr_db = 10 * np.log10(WHITE**2 / np.square(apart).mean(axis=(1, 2, 3), dtype=float))
    total -= WHITE  # around 0, where float32 is fine
    (mean, variance), (mean_apart, variance_apart) = map(_moments, (total, apart))
    mean += WHITE
    mean *= mean
    mean_apart *= mean_apart
    ssim = (mean - mean_apart + 2 * _C1) * (variance - variance_apart + 2 * _C2)
    ssim /= (mean + mean_apart + 2 * _C1) * (variance + variance_apart + 2 * _C2)
    return np.stack([ssim.mean(axis=(1, 2, 3)), psnr_db]).astype(np.float32)


def _compared_on(device: str, raw: Images, shown: Images) -> Floats:
    import torch
    from torchmetrics.functional.image import structural_similarity_index_measure

    parts = (torch.from_numpy(images.copy()).to(device) for images in (raw, shown))  # as bytes
    first, second = (part.double() for part in parts)
    ssim = torch.as_tensor(  # it may be a tuple, says its type
        structural_similarity_index_measure(second, first, data_range=255.0, reduction="none")
    )
    psnr_db = 10 * torch.log10(WHITE**2 / (first - second).square().mean(dim=(1, 2, 3)))
    return np.array([each.cpu().numpy() for each in (ssim, psnr_db)], np.float32)


def _moments(pictures: Floats) -> tuple[Floats, Floats]:
    """Mean and variance in the window around each pixel, (N, 3, H, W) each."""
    height, width = pictures.shape[2:]
    down, across = _window(height).T, _window(width)
    mean, variance = (
        np.asarray(down @ part @ across, np.float32) for part in (pictures, np.square(pictures))
    )
    variance -= np.square(mean)
    return mean, variance


@cache
def _window(side: int) -> Floats:
    """The matrix that blurs a row of pixels, (side, side)."""
    column = ndimage.gaussian_filter1d(np.eye(side), 1.5, axis=0, mode="mirror", radius=5)
    return np.ascontiguousarray(column.T, np.float32)
