"""Structural similarity next to torchmetrics'."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torchmetrics.image import StructuralSimilarityIndexMeasure

from bench.forensics.similarity import _compared_on, similarity


def pictures(n, height, width, seed=0):
    smooth = np.random.default_rng(seed).normal(size=(n, 3, height, width))
    smooth = ndimage.gaussian_filter(smooth, (0, 0, 3, 3))
    return np.clip(128 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


SHOWN = {
    "itself": lambda raw: raw,
    "noise": lambda raw: raw ^ np.random.default_rng(1).integers(0, 64, raw.shape, np.uint8),
    "another": lambda raw: raw[::-1],
    "inverted": lambda raw: 255 - raw,
    "grey": lambda raw: np.full_like(raw, 128),
    "black": lambda raw: np.zeros_like(raw),
}


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize(("height", "width"), [(32, 32), (17, 40)])
def test_ssim_is_that_of_torchmetrics_in_float64(name, height, width):
    raw = pictures(5, height, width)
    shown = SHOWN[name](raw)
    first, second = (torch.from_numpy(part.copy()).double() / 255 for part in (raw, shown))
    expected = StructuralSimilarityIndexMeasure(data_range=1.0, reduction=None)(second, first)
    np.testing.assert_allclose(similarity(raw, shown).ssim, expected, atol=2e-6)


@pytest.mark.parametrize("name", SHOWN)
def test_a_device_finds_the_same(name):
    raw = pictures(5, 17, 40)
    shown = SHOWN[name](raw)
    found, expected = _compared_on("cpu", raw, shown), similarity(raw, shown)
    np.testing.assert_allclose(found[0], expected.ssim, atol=2e-6)
    np.testing.assert_allclose(found[1], expected.psnr_db, rtol=1e-6)


def test_psnr_by_hand():
    raw = np.zeros((2, 3, 8, 8), np.uint8)
    shown = raw.copy()
    shown[1] = 51  # a fifth of white
    assert similarity(raw, shown).psnr_db.tolist() == [np.inf, pytest.approx(20 * np.log10(5))]


def test_a_picture_is_measured_alike_alone_and_among_others(monkeypatch):
    raw, shown = pictures(9, 16, 16), pictures(9, 16, 16, seed=1)
    together = similarity(raw, shown)
    monkeypatch.setattr("bench.forensics.similarity._VALUES", 1)
    np.testing.assert_allclose(similarity(raw, shown), together, atol=1e-6)
