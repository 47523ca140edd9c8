"""How often a 95 % interval holds the truth; all cells: tests/benchmarks/coverage.py.

People differ: the share of a person's pictures that is answered right is beta-distributed, with a
correlation of 0.1 or more between two pictures of a person (at 0.8, a standard deviation of 0.13).
People have 12 pictures each, or from 6 to 42. AUC is of normal scores with a correlation of 0.32.
"""

from contextlib import suppress
from itertools import product

import numpy as np
import pytest
from scipy import special

from bench.answers import Answers
from bench.metrics.accuracy import auc, eer, top1, top1_statistic
from bench.metrics.comparisons import leakage
from bench.metrics.intervals import estimate

pytestmark = pytest.mark.slow
N_SETS, N_CLASSES = 1000, 6
HOLDS = 0.95 - 2 * np.sqrt(0.95 * 0.05 / N_SETS)


def people(rng, n_people, unequal):
    """Whose each picture is; as many of each of 6 classes with everybody."""
    n_each = 6 * (1 + rng.poisson(1, n_people).clip(0, 6)) if unequal else np.full(n_people, 12)
    return np.repeat(np.arange(n_people), n_each)


def rates(rng, mean, n_people, alike=0.1):
    return rng.beta(mean * (1 / alike - 1), (1 - mean) * (1 / alike - 1), n_people)


def answered(right, person):
    truth = np.arange(len(person)) % N_CLASSES
    predicted = np.where(right, truth, (truth + 1) % N_CLASSES)
    scores = np.eye(N_CLASSES, dtype=np.float32)[predicted]
    return Answers(scores, truth, person, np.arange(len(person)))


def classified(rng, share, n_people, unequal, alike=0.1):
    person = people(rng, n_people, unequal)
    return answered(rng.random(len(person)) < rates(rng, share, n_people, alike)[person], person)


def scored(rng, shifts, n_people):
    """Answers about a class of people, such as gender; attackers err on the same people."""
    person = people(rng, n_people, unequal=True)
    truth, n = person % 2, len(person)
    ease = rng.standard_normal(n_people)[person]
    for shift in shifts:
        own = rng.standard_normal(n_people)[person]
        score = shift * truth + 0.4 * ease + 0.4 * own + 0.825 * rng.standard_normal(n)
        scores = np.stack([np.zeros(n), score], axis=1).astype(np.float32)
        yield Answers(scores, truth, person, np.arange(n))


def coverage(truth, estimates):
    return np.mean([each.low <= truth <= each.high for each in estimates])


@pytest.mark.parametrize(("share", "alike"), [(0.5, 0.1), (0.97, 0.25), (0.9, 0.4), (0.99, 0.4)])
@pytest.mark.parametrize("n_people", [8, 30, 150])
def test_accuracy(n_people, share, alike):
    rng = np.random.default_rng(1)
    found = [top1(classified(rng, share, n_people, True, alike)) for _ in range(N_SETS)]
    assert coverage(share, found) >= HOLDS


@pytest.mark.parametrize(("few", "most"), [(0.9, 0.02), (0.1, 0.9), (0.1, 0.99)])
@pytest.mark.parametrize("n_people", [8, 30, 150])
def test_rare_people(n_people, few, most):
    """One person in twenty is unlike the others; the jackknife covers in 72 to 92 %."""
    rng, found = np.random.default_rng(8), []
    for _ in range(N_SETS):
        person = people(rng, n_people, True)
        rate = np.where(rng.random(n_people) < 0.05, few, most)[person]
        found.append(top1(answered(rng.random(len(person)) < rate, person)))
    assert coverage(0.05 * few + 0.95 * most, found) >= HOLDS


@pytest.mark.parametrize(("n_people", "area"), [*product([8, 30], [0.5, 0.8, 0.99]), (150, 0.99)])
def test_two_classes(n_people, area):
    rng, shift = np.random.default_rng(2), np.sqrt(2) * special.ndtri(area)
    found = [*(some for _ in range(N_SETS) for some in scored(rng, [shift], n_people))]
    assert coverage(area, map(auc, found)) >= HOLDS
    assert coverage(special.ndtr(-shift / 2), map(eer, found)) >= HOLDS


@pytest.mark.parametrize(("kept", "ceiling"), [(0.5, 0.95), (0.1, 0.8), (0.98, 0.98)])
@pytest.mark.parametrize("n_people", [8, 30, 150])
def test_leakage_of_many_classes(n_people, kept, ceiling):
    rng, found = np.random.default_rng(3), []
    for _ in range(N_SETS):
        person = people(rng, n_people, unequal=True)
        best = rng.random(len(person)) < rates(rng, ceiling, n_people)[person]
        still = best & (rng.random(len(person)) < rates(rng, kept, n_people)[person])
        found.append(leakage(answered(still, person), 1, answered(best, person), 1))
    truth = (kept * ceiling - 1 / N_CLASSES) / (ceiling - 1 / N_CLASSES)
    assert coverage(truth, found) >= HOLDS


@pytest.mark.parametrize(("n_people", "n_refused"), [(8, 250), (30, 10), (150, 0)])
def test_leakage_of_two_classes(n_people, n_refused):
    rng, shifts = np.random.default_rng(4), np.sqrt(2) * special.ndtri([0.7, 0.9])
    found = []
    for _ in range(N_SETS):
        attack, best = scored(rng, shifts, n_people)
        with suppress(ValueError):  # too few people to show that the best is above chance
            found.append(leakage(attack, 1, best, 1))
    assert len(found) >= N_SETS - n_refused
    assert coverage(0.2 / 0.4, found) >= HOLDS


@pytest.mark.parametrize("n_people", [8, 30, 150])
def test_gates(n_people):
    rng, share = np.random.default_rng(5), 0.8
    sets = [classified(rng, share, n_people, True) for _ in range(N_SETS)]
    found = [estimate(top1_statistic(s), s.person, 0.0, confidence=0.999) for s in sets]
    assert coverage(share, found) >= 0.998
