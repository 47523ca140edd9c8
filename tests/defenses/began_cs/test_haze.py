"""Noise of a known spread."""

import pytest
import torch

from defenses.began_cs.haze import hazed


def test_haze_is_noise_of_that_spread():
    images, luck = torch.zeros(50, 1, 32, 32), torch.Generator().manual_seed(0)
    assert hazed(images, 0.0, luck) is images
    assert float(hazed(images, 0.3, luck).std()) == pytest.approx(0.3, rel=0.02)
    spreads = hazed(images, 0.3, luck, uneven=True).flatten(1).std(dim=1)
    assert spreads.max() < 0.32
    assert float(spreads.std()) == pytest.approx(0.3 / 12**0.5, rel=0.3)
