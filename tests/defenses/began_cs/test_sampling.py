"""Draws that do not depend on how many are drawn at once."""

import torch

from bench.api import Defense
from bench.registry import make
from bench.spec import Spec
from defenses.began_cs import sampling


def test_steps_take_the_same_in_blocks_of_any_length(monkeypatch):
    def steps():
        images = torch.zeros(20, 1, 8, 8, dtype=torch.uint8)
        data = sampling.TrainingSet(images, torch.zeros(20, 10))
        config = make(Defense, Spec.parse("began_cs:batch=8,latent=4"))
        sampler = sampling.Sampler(data, config, torch.Generator().manual_seed(0))
        return list(sampler.steps(2, 7))

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
