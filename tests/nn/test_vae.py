"""The divergence of codes, against its formula typed with loops."""

import math

import numpy as np
import pytest
import torch

from bench.nn.vae import kl


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
