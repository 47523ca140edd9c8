"""The divergence of codes, against its formula typed with loops."""

import math

import numpy as np
import pytest
import torch

from bench.nn.vae import kl, map_error


def test_divergence_from_the_standard_normal():
    rng = np.random.default_rng(0)
    mean, logvar = rng.normal(size=(2, 6, 3))
    found = kl(torch.tensor(mean), torch.tensor(logvar))
    for row in range(6):
        total = 0.0
        for m, lv in zip(mean[row], logvar[row], strict=True):
            total += 0.5 * (m * m + math.exp(lv) - 1 - lv)
        assert float(found[row]) == pytest.approx(total)
    assert kl(torch.zeros(1, 3), torch.zeros(1, 3)).item() == 0


def test_the_error_of_maps_is_relative_to_each():
    rng = np.random.default_rng(0)
    found, wanted = rng.uniform(1, 2, size=(2, 2, 6, 3))
    shares = [
        sum(abs(a - b) for a, b in zip(x.ravel(), y.ravel(), strict=True)) / y.sum()
        for x, y in zip(found, wanted, strict=True)
    ]
    error = map_error([*torch.tensor(found)], [*torch.tensor(wanted)])
    assert float(error) == pytest.approx(sum(shares))
