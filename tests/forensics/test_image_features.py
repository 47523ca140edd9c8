"""Features by hand."""

import numpy as np

from bench.forensics.image_features import (
    block_means,
    border,
    extreme_levels,
    low_bits,
    noise_statistics,
    spectrum,
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
