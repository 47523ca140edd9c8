"""Padding and initial weights, against loops and a formula typed from Keras' documentation."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from bench.nn.keras import doubling, glorot, halving


@pytest.mark.parametrize(("kernel", "before"), [(3, 0), (4, 1), (5, 1), (8, 3)])
def test_halving_pads_as_keras_does(kernel, before):
    """Keras: k - 2 rows in all for an even side, the smaller half before."""
    rng = np.random.default_rng(0)
    net, side = nn.Sequential(*halving(1, 1, kernel)), 6
    image = rng.normal(size=(side, side))
    weight, bias = net[1].weight.detach().numpy()[0, 0], float(net[1].bias.detach())
    wanted = np.full((side // 2, side // 2), bias)
    for y, x in np.ndindex(wanted.shape):
        for u, v in np.ndindex(kernel, kernel):
            row, column = 2 * y + u - before, 2 * x + v - before
            if 0 <= row < side and 0 <= column < side:
                wanted[y, x] += weight[u, v] * image[row, column]
    found = net(torch.tensor(image, dtype=torch.float32)[None, None])
    np.testing.assert_allclose(found.detach().numpy()[0, 0], wanted, atol=1e-5)


@pytest.mark.parametrize(("kernel", "before"), [(3, 0), (4, 1), (5, 1), (8, 3)])
def test_doubling_is_the_transpose_of_halving(kernel, before):
    rng = np.random.default_rng(0)
    net, side = nn.Sequential(*doubling(1, 1, kernel)), 3
    image = rng.normal(size=(side, side))
    weight, bias = net[0].weight.detach().numpy()[0, 0], float(net[0].bias.detach())
    wanted = np.full((2 * side, 2 * side), bias)
    for y, x in np.ndindex(image.shape):
        for u, v in np.ndindex(kernel, kernel):
            row, column = 2 * y + u - before, 2 * x + v - before
            if 0 <= row < 2 * side and 0 <= column < 2 * side:
                wanted[row, column] += weight[u, v] * image[y, x]
    found = net(torch.tensor(image, dtype=torch.float32)[None, None])
    np.testing.assert_allclose(found.detach().numpy()[0, 0], wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "fans"),
    [
        (nn.Linear(300, 500), 300 + 500),
        (nn.Conv2d(16, 64, 5), 25 * (16 + 64)),
        (nn.ConvTranspose2d(64, 16, 5), 25 * (16 + 64)),
    ],
)
def test_initial_weights_are_uniform_up_to_the_limit_of_glorot(layer, fans):
    torch.manual_seed(0)
    glorot(layer)
    limit = math.sqrt(6 / fans)
    assert 0.99 * limit < layer.weight.abs().max() <= limit
    assert layer.weight.std().item() == pytest.approx(limit / math.sqrt(3), rel=0.02)
    assert not layer.bias.any()
