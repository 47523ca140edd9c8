"""Noise of a known spread."""

import pytest
import torch

from defenses.began_cs.estimator import noisy, varied


def test_noise_has_the_given_spread():
    images, rng = torch.zeros(50, 1, 32, 32), torch.Generator().manual_seed(0)
    assert float(noisy(images, 0.3, rng).std()) == pytest.approx(0.3, rel=0.02)
    spreads = varied(images, 0.3, rng).flatten(1).std(dim=1)
    assert spreads.max() < 0.32
    assert float(spreads.std()) == pytest.approx(0.3 / 12**0.5, rel=0.3)
    assert varied(images, 0.0, rng).flatten(1).std(dim=1).max() == 0
