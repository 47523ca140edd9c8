"""The guide's maps, noise and errors."""

import numpy as np
import pytest
import torch

from bench.nn.guide import MAX_NOISE_STD, Guide, map_error


@pytest.mark.parametrize("colours", [1, 3])
def test_maps_get_coarser(colours):
    maps = Guide(10, 32).eval().maps(torch.zeros(2, colours, 32, 32))
    shapes = [tuple(found.shape[1:]) for found in maps]
    assert shapes == [(32, 32, 32), (64, 16, 16), (128, 8, 8), (128, 4, 4)]


def test_pictures_have_noise_in_training_only(monkeypatch):
    guide, seen = Guide(3, 32), []
    monkeypatch.setattr(guide.net, "forward", lambda images: seen.append(images) or images)
    images = torch.zeros(64, 3, 32, 32)
    guide.train()(images)
    guide.eval()(images)
    noisy, plain = seen
    std = noisy.std(dim=(1, 2, 3))  # (N,)
    assert not plain.any()
    assert std.min() < 0.1 * MAX_NOISE_STD
    assert 0.9 * MAX_NOISE_STD < std.max() < 1.1 * MAX_NOISE_STD


def test_the_error_of_maps_is_relative_to_each():
    rng = np.random.default_rng(0)
    found, wanted = rng.uniform(1, 2, size=(2, 2, 6, 3))
    shares = [
        sum(abs(a - b) for a, b in zip(x.ravel(), y.ravel(), strict=True)) / y.sum()
        for x, y in zip(found, wanted, strict=True)
    ]
    error = map_error([*torch.tensor(found)], [*torch.tensor(wanted)])
    assert float(error) == pytest.approx(sum(shares))
