"""Simple features of a picture beside its face: border, colour, noise, low bits, spectrum."""

from collections.abc import Callable
from functools import cache, wraps

import numpy as np
from numpy.typing import NDArray
from scipy import fft, linalg, ndimage

from bench.faces import Array, Images

Floats = NDArray[np.float32]

RING = 0.06  # width of the border, of the picture's side
BANDS = 12  # of the spectrum
GRID = 8  # blocks per side of the low bits' means
THUMBNAIL_PX = 16  # side of the small grey pictures
_VALUES = 2**16  # at once; more would leave the processor's cache
_SAMPLE = 1000  # pictures that principal components are computed from


def _batched(feature: Callable[[Array], Floats]) -> Callable[[Array], Floats]:
    """The same function, applied to a few pictures at a time."""

    @wraps(feature)
    def batched(images: Array) -> Floats:
        n = max(1, _VALUES // max(1, images[:1].size))
        first = feature(images[:n])
        found = np.empty((len(images), *first.shape[1:]), np.float32)
        found[:n] = first
        for start in range(n, len(images), n):
            found[start : start + n] = feature(images[start : start + n])
        return found

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
    residual -= residual.mean(axis=(2, 3), keepdims=True)
    square = residual * residual
    power = square.mean(axis=(2, 3)) + 1e-3  # as of rounding; a uniform picture has none
    fourth = _mean_product(square, square) / power**2
    across = _mean_product(residual[..., 1:], residual[..., :-1]) / power
    down = _mean_product(residual[..., 1:, :], residual[..., :-1, :]) / power
    return np.concatenate([np.log(power), np.log1p(fourth), across, down], axis=1)


@_batched
def low_bits(images: Array) -> Floats:
    """Means of the two lowest bit planes, by channel and by block, (N, 6 + 2 * 8 * 8)."""
    pixels = images.astype(np.uint8)
    means = [_block_means((pixels >> bit) & 1, GRID) for bit in (0, 1)]
    weights = _block_sizes(*pixels.shape[2:], GRID) / pixels[0, 0].size
    channels = [np.einsum("nchw,hw->nc", mean, weights) for mean in means]
    blocks = [_flat(mean.mean(axis=1)) for mean in means]
    return np.concatenate([*channels, *blocks], axis=1)


@_batched
def spectrum(images: Array) -> Floats:
    """Log power of the grey picture in bands of frequency, lowest first, (N, <=12)."""
    grey = images.sum(axis=1, dtype=np.uint16) / np.float32(3)
    waves = fft.rfft2(grey).reshape(len(grey), -1)  # (N, H * (W // 2 + 1))
    power = (waves.real**2 + waves.imag**2) @ _bands(*grey.shape[1:])
    return np.asarray(np.log(power / grey[0].size + 1e-2), np.float32)  # more than rounding's


@_batched
def extreme_levels(images: Array) -> Floats:
    """Shares of the two darkest and the two brightest grey levels, by channel, (N, 12)."""
    planes = images.reshape(*images.shape[:2], -1)  # (N, 3, H * W)
    found = [np.packbits(planes == level, axis=2) for level in (0, 1, 254, 255)]
    counts = [np.bitwise_count(bits).sum(axis=2, dtype=np.uint32) for bits in found]
    return np.asarray(np.concatenate(counts, axis=1) / planes.shape[2], np.float32)


@_batched
def noise(images: Array) -> Floats:
    """Picture minus blur, at 64 px or less, (N, 3 * h * w)."""
    return _flat(_minus_blur(_block_means(images, 64)))


@_batched
def thumbnails(images: Array) -> Floats:
    """Small grey pictures of mean 0 and length 1, (N, <=16 * 16): their products are correlations.

    Those of uniform pictures are 0, so they correlate with none.
    """
    total = images.sum(axis=1, keepdims=True, dtype=np.uint16)  # (N, 1, H, W)
    grey = _flat(_block_means(total, THUMBNAIL_PX)) / 3  # (N, h * w)
    grey = grey - grey.mean(axis=1, keepdims=True)
    length = np.linalg.norm(grey, axis=1, keepdims=True)
    return np.where(length > 1e-3, grey / np.maximum(length, 1e-3), 0).astype(np.float32)


def block_means(images: Array, side: int) -> Floats:
    """Means of side x side blocks, (N, 3, <=side, <=side)."""
    return _batched(lambda part: _block_means(part, side))(images)


def principal_components(features: Array, n: int) -> Floats:
    """The features' first principal components, (N, <=n), by variance in a sample."""
    sample = features
    if len(features) > _SAMPLE:
        chosen = np.random.default_rng(0).permutation(len(features))[:_SAMPLE]
        sample = features[np.sort(chosen)]
    mean = sample.mean(axis=0, dtype=np.float32)
    axes = _principal_axes(sample - mean, n)  # (<=n, D)
    parts = np.array_split(features, 1 + len(features) // 1024)
    scores = np.concatenate([part.astype(np.float32, copy=False) @ axes.T for part in parts])
    return np.asarray(scores - mean @ axes.T)


def _principal_axes(centred: Floats, n: int) -> Floats:
    """The first right singular vectors of a matrix (N, D), (<=n, D), no more than its rank.

    Source: Halko, Martinsson, Tropp, SIAM Review 53 (2011), randomised subspace iteration, with the
    start and the number of iterations of scikit-learn's PCA, which takes a second to import.
    """
    tall = centred if len(centred) >= centred.shape[1] else centred.T
    n = min(n, tall.shape[1])
    basis = _random_basis(tall.shape[1], n + 10)
    for _ in range(7 if n < 0.1 * tall.shape[1] else 4):
        for matrix in (tall, tall.T):
            basis = linalg.lu(matrix @ basis, permute_l=True, overwrite_a=True)[0]
    basis = linalg.qr(tall @ basis, mode="economic")[0]
    small = basis.T @ tall
    exact = small.astype(np.float64)
    power, left = linalg.eigh(exact @ exact.T)  # smallest first
    left = left[:, power >= 1e-8 * power[-1]]  # the others are rounding errors
    left = left[:, : -n - 1 : -1].astype(np.float32)
    axes = left.T @ (small if tall is centred else basis.T)
    return np.asarray(axes / np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), 1e-12))


@cache
def _random_basis(n_rows: int, n_columns: int) -> Floats:
    start = np.random.RandomState(0).normal(size=(n_rows, n_columns))
    return np.asarray(start, np.float32)


def _minus_blur(images: Array) -> Floats:
    """Pictures minus their Gaussian blur, sigma 1 px, mirrored beyond their edges."""
    sharp = images.astype(np.float32, copy=False)
    down, across = map(_blur, images.shape[2:])
    return np.asarray(sharp - down @ sharp @ across)


@cache
def _blur(side: int) -> Floats:
    """The matrix that blurs a row or a column of pixels, (side, side), symmetric."""
    return np.asarray(ndimage.gaussian_filter1d(np.eye(side), 1, axis=0), np.float32)


@cache
def _bands(height: int, width: int) -> Floats:
    """The matrix that averages bands of a half spectrum, (H * (W // 2 + 1), bands)."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)).ravel()
    n = max(1, min(BANDS, height // 2, width // 2))
    band = np.minimum((frequency * 2 * n).astype(int), n - 1)  # corners join the last
    return np.asarray((np.eye(n) / np.bincount(band))[band], np.float32)


@cache
def _blocks(extent: int, side: int) -> Floats:
    """Which block a pixel of a row is in, (extent, <=side), 0 or 1."""
    n = min(side, extent)
    ends = np.arange(1, n + 1) * extent // n
    return np.eye(n, dtype=np.float32)[np.searchsorted(ends, np.arange(extent), side="right")]


@cache
def _block_sizes(height: int, width: int, side: int) -> Floats:
    """Pixels of each block, (<=side, <=side)."""
    rows, columns = (_blocks(extent, side).sum(axis=0) for extent in (height, width))
    return np.asarray(np.outer(rows, columns))


def _block_means(images: Array, side: int) -> Floats:
    shown, (height, width) = images.astype(np.float32, copy=False), images.shape[2:]
    if side >= max(height, width):
        return shown
    sums = _blocks(height, side).T @ (shown @ _blocks(width, side))  # (N, channels, h, w), exact
    return np.asarray(sums / _block_sizes(height, width, side))


def _mean_product(first: Floats, second: Floats) -> Floats:
    """Mean over the pixels of (N, 3, H, W), (N, 3)."""
    return np.asarray(np.einsum("nchw,nchw->nc", first, second) / first[0, 0].size)


def _flat(pictures: Floats) -> Floats:
    return pictures.reshape(len(pictures), -1)
