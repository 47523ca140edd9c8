"""Noise of a known spread, and draws that do not depend on how many are drawn at once."""

import pytest
import torch

from bench.api import Defense
from bench.registry import make
from bench.spec import Spec
from defenses.began_cs import sampling
from defenses.began_cs.sampling import drawn_noise, drawn_variation, noisy, varied


def test_noise_has_the_given_spread():
    images, rng = torch.zeros(50, 1, 32, 32), torch.Generator().manual_seed(0)
    none, some = (drawn_noise(images.shape, noise_std, rng) for noise_std in (0.0, 0.3))
    assert noisy(images, none) is images
    assert float(noisy(images, some).std()) == pytest.approx(0.3, rel=0.02)
    none, some = (drawn_variation(images.shape, noise_std, rng) for noise_std in (0.0, 0.3))
    spreads = varied(images, *some).flatten(1).std(dim=1)
    assert spreads.max() < 0.32
    assert float(spreads.std()) == pytest.approx(0.3 / 12**0.5, rel=0.3)
    assert varied(images, *none).flatten(1).std(dim=1).max() == 0


@pytest.mark.parametrize("warm_up", [True, False])
def test_steps_take_the_same_in_blocks_of_any_length(monkeypatch, warm_up):
    def steps():
        images = torch.zeros(20, 1, 8, 8, dtype=torch.uint8)
        data = sampling.TrainingSet(images, torch.zeros(20, 10), torch.ones(10))
        config = make(Defense, Spec.parse("began_cs:batch=8,latent=4"))
        sampler = sampling.Sampler(data, config, torch.Generator().manual_seed(0))
        return list(sampler.steps(2, 7, warm_up=warm_up))

    together = steps()
    monkeypatch.setattr("bench.nn.transfers._AT_ONCE", 1500)
    by_few = steps()
    monkeypatch.setattr("bench.nn.transfers._AT_ONCE", 1)
    one_by_one = steps()
    assert [number for number, _ in together] == [2, 3, 4, 5, 6]
    for blocks in (by_few, one_by_one):
        for (number, drawn), (same, again) in zip(together, blocks, strict=True):
            assert number == same
            assert all(torch.equal(*pair) for pair in zip(drawn, again, strict=True))
