"""Simple features of a picture beside its face: border, colour, noise, low bits, spectrum."""

from collections.abc import Callable
from functools import wraps

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.decomposition import PCA

from bench.faces import Array, Images

Floats = NDArray[np.float32]

RING = 0.06  # width of the border, of the picture's side
BANDS = 12  # of the spectrum
GRID = 8  # blocks per side of the low bits' means
THUMBNAIL_PX = 16  # side of the small grey pictures
_BATCH = 128  # pictures at once
_SAMPLE = 2000  # pictures that principal components are computed from


def _batched(feature: Callable[[Array], Floats]) -> Callable[[Array], Floats]:
    """The same function, applied to a few pictures at a time."""

    @wraps(feature)
    def batched(images: Array) -> Floats:
        parts = [feature(images[i : i + _BATCH]) for i in range(0, len(images), _BATCH)]
        return np.concatenate(parts).astype(np.float32)

    return batched


def border(images: Images) -> Floats:
    """The outer ring of each picture, principal components, (N, <=64)."""
    height, width = images.shape[2:]
    ring = np.ones((height, width), bool)
    y, x = (max(1, round(RING * side)) for side in (height, width))
    ring[y : height - y, x : width - x] = False
    return principal_components(images[:, :, ring].reshape(len(images), -1), 64)


def mean_colour(images: Images) -> Floats:
    """Mean red, green and blue, (N, 3)."""
    return np.asarray(images.mean(axis=(2, 3), dtype=np.float32))


@_batched
def noise_statistics(images: Array) -> Floats:
    """Log power, kurtosis and neighbours' correlations of picture minus blur, (N, 12)."""
    residual = _minus_blur(images)
    residual = residual - residual.mean(axis=(2, 3), keepdims=True)
    power = (residual**2).mean(axis=(2, 3)) + 1e-3  # as of rounding; a uniform picture has none
    fourth = (residual**4).mean(axis=(2, 3)) / power**2
    across = (residual[..., 1:] * residual[..., :-1]).mean(axis=(2, 3)) / power
    down = (residual[..., 1:, :] * residual[..., :-1, :]).mean(axis=(2, 3)) / power
    return np.concatenate([np.log(power), np.log1p(fourth), across, down], axis=1)


@_batched
def low_bits(images: Array) -> Floats:
    """Means of the two lowest bit planes, by channel and by block, (N, 6 + 2 * 8 * 8)."""
    pixels = images.astype(np.uint8)
    planes = [((pixels >> bit) & 1).astype(np.float32) for bit in (0, 1)]
    channels = [plane.mean(axis=(2, 3)) for plane in planes]
    blocks = [_flat(_block_means(plane.mean(axis=1), GRID)) for plane in planes]
    return np.concatenate([*channels, *blocks], axis=1)


@_batched
def spectrum(images: Array) -> Floats:
    """Log power of the grey picture in bands of frequency, lowest first, (N, <=12)."""
    grey = images.mean(axis=1, dtype=np.float32)
    power = np.abs(np.fft.rfft2(grey)) ** 2 / grey[0].size  # (N, h, w // 2 + 1)
    height, width = grey.shape[1:]
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    n_bands = max(1, min(BANDS, height // 2, width // 2))
    band = np.minimum((frequency * 2 * n_bands).astype(int), n_bands - 1)  # corners join the last
    means = [power[:, band == b].mean(axis=1) for b in range(n_bands)]
    return np.asarray(np.log(np.stack(means, axis=1) + 1e-2), np.float32)  # more than rounding's


def extreme_levels(images: Images) -> Floats:
    """Shares of the two darkest and the two brightest grey levels, by channel, (N, 12)."""
    levels = [(images == level).mean(axis=(2, 3), dtype=np.float32) for level in (0, 1, 254, 255)]
    return np.concatenate(levels, axis=1)


@_batched
def noise(images: Array) -> Floats:
    """Picture minus blur, at 64 px or less, (N, 3 * h * w)."""
    return _flat(_minus_blur(_block_means(images, 64)))


def thumbnails(images: Images) -> Floats:
    """Small grey pictures of mean 0 and length 1, (N, <=16 * 16): their products are correlations.

    Those of uniform pictures are 0, so they correlate with none.
    """
    grey = _flat(block_means(images, THUMBNAIL_PX).mean(axis=1))  # (N, h * w)
    grey = grey - grey.mean(axis=1, keepdims=True)
    length = np.linalg.norm(grey, axis=1, keepdims=True)
    return np.where(length > 1e-3, grey / np.maximum(length, 1e-3), 0).astype(np.float32)


def block_means(images: Array, side: int) -> Floats:
    """Means of side x side blocks, (N, 3, <=side, <=side)."""
    return _batched(lambda part: _block_means(part, side))(images)


def principal_components(features: Array, n: int) -> Floats:
    """The features' first principal components, (N, <=n), by variance in a sample."""
    chosen = np.random.default_rng(0).permutation(len(features))[:_SAMPLE]
    sample = features[np.sort(chosen)].astype(np.float32)
    with np.errstate(invalid="ignore"):  # equal pictures have no variance to explain
        fitted = PCA(min(n, *sample.shape), svd_solver="randomized", random_state=0).fit(sample)
    return _batched(lambda part: fitted.transform(part.astype(np.float32)))(features)


def _minus_blur(images: Array) -> Floats:
    sharp = images.astype(np.float32)
    return np.asarray(sharp - ndimage.gaussian_filter(sharp, (0, 0, 1, 1)))


def _block_means(images: Array, side: int) -> Floats:
    shrunk = images.astype(np.float32)
    for axis in (-2, -1):
        extent = shrunk.shape[axis]
        starts = np.arange(min(side, extent)) * extent // min(side, extent)
        widths = np.diff(np.append(starts, extent)).astype(np.float32)
        shrunk = np.add.reduceat(shrunk, starts, axis=axis)
        shrunk = shrunk / (widths[:, None] if axis == -2 else widths)
    return shrunk


def _flat(pictures: Floats) -> Floats:
    return pictures.reshape(len(pictures), -1)
