import numpy as np
import pytest

from bench.data.synthetic.texture import SIDE, SPAN, grain, tile


def power(noise: np.ndarray, cells: int) -> float:
    """Mean power of the waves that fit `cells` times into a tile."""
    spectrum = np.abs(np.fft.fft2(noise.reshape(SIDE, SIDE))) ** 2
    rows, columns = np.meshgrid(*2 * [np.abs(np.fft.fftfreq(SIDE) * SIDE)], indexing="ij")
    radius = np.hypot(rows, columns)
    return float(spectrum[(radius >= cells) & (radius < 2 * cells)].mean())


def test_a_tile_has_zero_mean_and_unit_variance():
    assert tile(256).mean() == pytest.approx(0.0, abs=0.01)
    assert tile(256).std() == pytest.approx(1.0, abs=0.01)


def test_power_falls_with_frequency():
    falling = [power(tile(256), cells) for cells in (4, 8, 16, 32)]
    assert falling == sorted(falling, reverse=True)
    assert 1.5 < np.log2(falling[0] / falling[-1]) / 3 < 4.5  # about 1 / frequency ** 3 in power


def test_a_tile_for_small_pictures_has_no_fine_detail():
    assert power(tile(16), 64) < 0.01 * power(tile(256), 64)


def test_the_noise_repeats_over_the_span_without_a_seam():
    x, y = np.random.default_rng(0).uniform(0, SPAN, (2, 50)).astype(np.float32)
    noise = tile(32)
    near = grain(noise, x, y)
    assert np.mean(near == grain(noise, x + 2 * SPAN, y + SPAN)) > 0.9  # but for rounding
    square = noise.reshape(SIDE, SIDE)
    steps = np.abs(np.diff(square, axis=1))
    assert np.abs(square[:, 0] - square[:, -1]).max() <= 1.5 * steps.max()
