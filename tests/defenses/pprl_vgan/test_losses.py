"""The losses, against formulas typed with loops."""

import math

import numpy as np
import pytest
import torch

from defenses.pprl_vgan.losses import discriminator_loss, generator_loss, head_terms, smoothed
from defenses.pprl_vgan.nets import Logits

N, PEOPLE, CLASSES, LATENT = 5, 3, 4, 6


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def cross_entropy(logits, truth):
    """Mean of -log softmax."""
    total = 0.0
    for row, own in zip(logits, truth, strict=True):
        total -= math.log(math.exp(row[own]) / sum(math.exp(x) for x in row))
    return total / len(truth)


def binary(logits, wanted):
    total = 0.0
    for logit, share in zip(logits, wanted, strict=True):
        real = 1 / (1 + math.exp(-logit))
        total -= share * math.log(real) + (1 - share) * math.log(1 - real)
    return total / len(wanted)


@pytest.fixture
def case(rng):
    """The three terms, and the same by loops."""
    real, person, utility = (
        rng.normal(size=N),
        rng.normal(size=(N, PEOPLE)),
        rng.normal(size=(N, CLASSES)),
    )
    wanted = rng.random(N)
    who, what = rng.integers(0, PEOPLE, N), rng.integers(0, CLASSES, N)
    logits = Logits(*(torch.tensor(part) for part in (real, person, utility)))
    terms = [binary(real, wanted), cross_entropy(person, who), cross_entropy(utility, what)]
    return head_terms(logits, *(torch.tensor(part) for part in (wanted, who, what))), terms


def test_the_heads_terms(case):
    found, terms = case
    assert found.tolist() == pytest.approx(terms)


def test_the_generators_loss_weighs_four_terms(case):
    found, (real, person, utility) = case
    divergence = torch.tensor([1.0, 2.0, 6.0], dtype=torch.float64)
    loss = generator_loss(divergence, found, 0.002, torch.tensor([0.108, 0.6, 0.29]).double())
    wanted = 0.002 * 3 + 0.108 * real + 0.6 * person + 0.29 * utility
    assert float(loss) == pytest.approx(wanted)


def test_the_discriminators_loss_of_both_releases(case):
    (found, (real, person, utility)), fake = case, torch.tensor([0.3, 7.0, 9.0]).double()
    weights = torch.tensor([0.25, 0.5, 0.25]).double()
    known = 0.25 * real + 0.5 * person + 0.25 * utility
    ferg = discriminator_loss(found, fake, weights, fakes_teach=True)
    assert float(ferg) == pytest.approx(known + 0.25 * 0.3 + 0.5 * 7 + 0.25 * 9)
    mug = discriminator_loss(found, fake, weights, fakes_teach=False)
    assert float(mug) == pytest.approx(known + 0.3)


def test_targets_are_softened_by_a_tenth():
    torch.manual_seed(0)
    real, made = (smoothed(2000, torch.device("cpu"), real=side) for side in (True, False))
    assert real.min() >= 0.9
    assert real.max() <= 1
    assert made.min() >= 0
    assert made.max() <= 0.1
    assert real.mean().item() == pytest.approx(0.95, abs=0.005)
    assert made.mean().item() == pytest.approx(0.05, abs=0.005)
