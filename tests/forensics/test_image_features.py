"""Features by hand."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage
from sklearn.decomposition import PCA

from bench.forensics.image_features import (
    block_means,
    border,
    extreme_levels,
    low_bits,
    noise,
    noise_statistics,
    principal_components,
    spectrum,
    thumbnails,
)


def picture(grey):
    """One picture of three equal channels."""
    return np.stack([np.asarray(grey, np.uint8)] * 3)[None]  # (1, 3, h, w)


def test_block_means_by_hand():
    image = picture([[0, 2, 4], [2, 4, 6]])
    assert block_means(image, 1)[0, 0].tolist() == [[3]]
    assert block_means(image, 2)[0, 0].tolist() == [[0, 3], [2, 5]]  # columns 0 | 1, 2
    assert block_means(image, 9).shape == (1, 3, 2, 3)


def test_low_bits_by_hand():
    means = low_bits(picture(np.full((8, 8), 6)))[0]  # 6 = 110 in binary
    assert means[:6].tolist() == [0, 0, 0, 1, 1, 1]
    assert means[6:].tolist() == [0] * 64 + [1] * 64


def test_extreme_levels_by_hand():
    shares = extreme_levels(picture([[0, 1], [255, 9]]))[0]
    assert shares.reshape(4, 3)[:, 0].tolist() == [0.25, 0.25, 0, 0.25]


def test_the_border_does_not_depend_on_the_middle():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 3, 32, 32)).astype(np.uint8)
    other = images.copy()
    other[:, :, 2:-2, 2:-2] = 0
    np.testing.assert_array_equal(border(images), border(other))


def test_a_uniform_picture_has_no_noise():
    assert np.isfinite(noise_statistics(picture(np.full((16, 16), 99)))).all()
    assert noise_statistics(picture(np.full((16, 16), 99)))[0, 0] < -6  # log of rounding's power


def test_a_wave_is_found_in_its_band():
    wave = 128 + 100 * np.cos(2 * np.pi * np.arange(48) * 15 / 48)  # 15/24 of the highest
    power = spectrum(picture(np.tile(wave, (48, 1))))[0]
    assert power[1:].argmax() + 1 == 7


def random_pictures(n, height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 3, height, width)).astype(np.uint8)


def residuals(images):
    """Picture minus blur, one plane at a time."""
    planes = images.reshape(-1, *images.shape[2:]).astype(float)
    return np.stack([plane - ndimage.gaussian_filter(plane, 1) for plane in planes])


def test_noise_is_the_picture_minus_its_blur():
    images = random_pictures(4, 20, 33)
    np.testing.assert_allclose(noise(images).reshape(12, 20, 33), residuals(images), atol=1e-4)


def test_noise_statistics_equal_plain_sums():
    images = random_pictures(30, 20, 33) // 16 + 100
    expected = []
    for plane in residuals(images):
        centred = plane - plane.mean()
        power = (centred**2).mean() + 1e-3
        across, down = centred[:, 1:] * centred[:, :-1], centred[1:] * centred[:-1]
        fourth = np.log1p((centred**4).mean() / power**2)
        expected.append([np.log(power), fourth, across.mean() / power, down.mean() / power])
    expected = np.reshape(expected, (30, 3, 4)).transpose(0, 2, 1).reshape(30, 12)
    np.testing.assert_allclose(noise_statistics(images), expected, atol=1e-5)


@pytest.mark.parametrize(("height", "width", "side"), [(16, 16, 8), (21, 34, 8), (5, 40, 16)])
def test_block_means_equal_a_loop(height, width, side):
    images = random_pictures(3, height, width)
    rows, columns = (
        [i * extent // min(side, extent) for i in range(min(side, extent))] + [extent]
        for extent in (height, width)
    )
    expected = [
        [images[..., a:b, c:d].mean(axis=(2, 3)) for c, d in pairwise(columns)]
        for a, b in pairwise(rows)
    ]
    expected = np.array(expected).transpose(2, 3, 0, 1)
    np.testing.assert_allclose(block_means(images, side), expected, rtol=1e-6)


def test_low_bits_of_blocks_of_several_sizes():
    images = random_pictures(3, 21, 34)
    means = low_bits(images)
    for bit in (0, 1):
        plane = (images >> bit) & 1
        np.testing.assert_allclose(
            means[:, 3 * bit : 3 * bit + 3], plane.mean(axis=(2, 3)), rtol=1e-6
        )
        blocks = means[:, 6 + 64 * bit :][:, :64].reshape(3, 8, 8)
        np.testing.assert_allclose(blocks[:, 0, 0], plane[..., :2, :4].mean(axis=(1, 2, 3)))
        np.testing.assert_allclose(blocks[:, 7, 7], plane[..., 18:, 29:].mean(axis=(1, 2, 3)))


@pytest.mark.parametrize(("height", "width"), [(32, 32), (21, 34), (2, 9)])
def test_the_spectrum_averages_each_band(height, width):
    images = random_pictures(3, height, width)
    power = np.abs(np.fft.rfft2(images.mean(axis=1))) ** 2 / (height * width)
    n_bands = max(1, min(12, height // 2, width // 2))
    sums, counts = np.zeros((3, n_bands)), np.zeros(n_bands)
    for i, y in enumerate(np.fft.fftfreq(height)):
        for j, x in enumerate(np.fft.rfftfreq(width)):
            band = min(int(np.hypot(y, x) * 2 * n_bands), n_bands - 1)
            sums[:, band] += power[:, i, j]
            counts[band] += 1
    np.testing.assert_allclose(spectrum(images), np.log(sums / counts + 1e-2), atol=1e-4)


def test_a_feature_does_not_depend_on_the_batch(monkeypatch):
    images = random_pictures(9, 16, 16)
    features = (noise_statistics, low_bits, spectrum, extreme_levels, noise, thumbnails)
    together = [feature(images) for feature in features]
    monkeypatch.setattr("bench.forensics.image_features._VALUES", 2 * images[0].size)
    for feature, expected in zip(features, together, strict=True):
        np.testing.assert_allclose(feature(images), expected, atol=1e-4)


@pytest.mark.parametrize("shape", [(300, 40), (40, 300), (700, 20), (1, 9)])
def test_principal_components_are_those_of_scikit_learn(shape):
    rng = np.random.default_rng(0)
    features = (rng.normal(size=shape) * np.linspace(1, 9, shape[1])).astype(np.float32)
    n = min(16, *shape)
    with np.errstate(invalid="ignore"):
        fitted = PCA(n, svd_solver="randomized", random_state=0).fit(features)
    expected, found = fitted.transform(features), principal_components(features, 16)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=2e-3)


def test_no_component_is_made_of_rounding():
    rng = np.random.default_rng(0)
    few = rng.normal(size=(100, 3)) @ rng.normal(size=(3, 50)) + 100
    assert principal_components(few.astype(np.float32), 20).shape == (100, 3)
    constant = principal_components(np.full((9, 50), 0.1, np.float32), 20)
    np.testing.assert_allclose(constant, 0, atol=1e-6)
