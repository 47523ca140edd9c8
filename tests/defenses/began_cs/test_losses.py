"""The losses, against formulas typed with loops."""

import math

import numpy as np
import pytest
import torch

from defenses.began_cs.estimator import label_error
from defenses.began_cs.losses import balanced, constraint, convergence, gan_loss, pixel_error

N, LATENT = 6, 3


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("power", [1, 2])
def test_the_error_of_an_autoencoder(rng, power):
    images, rebuilt = rng.normal(size=(2, N, 1, 2, 2))
    total = 0.0
    for v, d in zip(images.ravel(), rebuilt.ravel(), strict=True):
        total += abs(v - d) ** power
    wanted = {"mean": total / (N * 4), "sum": total / N, "batch": math.sqrt(total) / N}
    for norm, error in wanted.items():
        found = pixel_error(torch.tensor(images), torch.tensor(rebuilt), power, norm)
        assert float(found) == pytest.approx(error)


def test_the_constraint_on_codes(rng):
    noise, code = rng.normal(size=(2, N, LATENT))
    total = 0.0
    for z, found in zip(noise.ravel(), code.ravel(), strict=True):
        total += abs(z - found)
    found = constraint(torch.tensor(noise), torch.tensor(code))
    assert float(found) == pytest.approx(total / (N * LATENT))


def test_a_missing_label_does_not_count():
    labels = torch.tensor([[1.0, math.nan], [0.0, 2.0]])
    predicted = torch.tensor([[0.0, 99.0], [3.0, 2.5]], requires_grad=True)
    loss = label_error(labels, predicted)
    assert loss.item() == pytest.approx((1 + 9 + 0.25) / 3)
    loss.backward()
    assert predicted.grad[0, 1] == 0
    assert label_error(torch.full((2, 2), math.nan), predicted).item() == 0


def test_the_cross_entropy_of_a_plain_gan():
    logits = torch.tensor([0.3, -2.0])
    real = [1 / (1 + math.exp(-x)) for x in (0.3, -2.0)]
    wanted = -(math.log(real[0]) + math.log(real[1])) / 2
    assert float(gan_loss(logits, real=True)) == pytest.approx(wanted)
    wanted = -(math.log(1 - real[0]) + math.log(1 - real[1])) / 2
    assert float(gan_loss(logits, real=False)) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("k", "real", "made", "wanted"),
    [
        (0.2, 0.8, 0.3, 0.2 + 0.1 * (0.5 * 0.8 - 0.3)),
        (0.99, 2.0, 0.1, 1.0),  # clipped
        (0.01, 0.1, 3.0, 0.0),
    ],
)
def test_k_follows_the_balance_within_0_and_1(k, real, made, wanted):
    numbers = (torch.tensor(x) for x in (k, real, made))
    assert float(balanced(*numbers, gamma=0.5, rate=0.1)) == pytest.approx(wanted)


def test_the_measure_of_convergence():
    assert float(convergence(torch.tensor(0.8), torch.tensor(0.3), 0.5)) == pytest.approx(0.9)
    assert float(convergence(torch.tensor(0.8), torch.tensor(0.6), 0.5)) == pytest.approx(1.0)
