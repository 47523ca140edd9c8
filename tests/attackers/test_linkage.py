"""The nearest code."""

import numpy as np
import pytest

from bench.api import Attacker, Knowledge
from bench.faces import Sample, Target
from bench.registry import make
from bench.runner.rng import generator
from bench.runner.worker import Worker
from bench.spec import Spec

WORKER = Worker()


def linked(train, person, codes, spread="overall"):
    """What is learned, and cosines of all pairs of codes."""
    attacker = make(Attacker, Spec.parse(f"linkage:spread={spread}"))
    part = Sample(np.asarray(train, np.float32), {"person": np.asarray(person)})
    knowledge = Knowledge(part, part, None, Target("identity"), frozenset())
    weights = attacker.fit(knowledge, WORKER.training(generator("test")))
    made = attacker.embed(Sample(np.asarray(codes, np.float32)), weights, WORKER.protecting())
    return weights, made @ made.T


def test_cosines_fall_with_the_standardised_distance(rng):
    scale = np.array([1, 10, 0.01, 5])
    train, codes = scale * rng.standard_normal((2, 400, 4))
    _, cosines = linked(train, np.arange(400), codes)
    standard = codes / train.std(axis=0)
    squared = ((standard[:, None] - standard) ** 2).sum(axis=2)
    assert 2 * 100 * 4 * (1 - cosines) == pytest.approx(squared, rel=0.1, abs=2e-3)


def test_cosines_fall_with_the_distance_within_people_too(rng):
    person = np.repeat(np.arange(100), 4)
    steady = np.array([0.05, 1, 0.3])  # spread within people: most of a code may be the person's
    train = rng.standard_normal((100, 3))[person] + steady * rng.standard_normal((400, 3))
    weights, cosines = linked(train, person, train[::7], "within")
    standard = (train[::7] - weights["mean"]) / weights["scale"]
    squared = ((standard[:, None] - standard) ** 2).sum(axis=2)
    nearest = (squared + 1e9 * np.eye(len(squared))).argmin(axis=1)
    found = (cosines - 9 * np.eye(len(squared))).argmax(axis=1)
    assert (found == nearest).mean() > 0.97


def test_the_spread_within_people_of_one_picture_each_is_refused(rng):
    with pytest.raises(ValueError, match="expected people with two pictures"):
        linked(rng.standard_normal((4, 2)), np.arange(4), np.zeros((2, 2)), "within")


def test_the_spread_within_people_is_around_each_persons_mean():
    codes = [[0, 0], [2, 1], [10, 0], [12, 1]]  # 1 apart from the person's mean, and 0.5
    weights, _ = linked(codes, [0, 0, 1, 1], codes, "within")
    assert weights["scale"].tolist() == pytest.approx([np.sqrt(4 / 2), np.sqrt(1 / 2)])
    weights, _ = linked(codes, [0, 0, 1, 1], codes)
    assert weights["scale"].tolist() == pytest.approx([np.sqrt(26), 0.5])


def test_what_is_constant_within_people_counts_more_but_not_alone():
    codes = [[0, 0], [0, 1], [1, 0], [1, 1]]
    weights, _ = linked(codes, [0, 0, 1, 1], codes, "within")
    assert weights["scale"][0] == pytest.approx(0.05 * 0.5)  # of its overall spread


def test_constant_codes_tie():
    _, cosines = linked(np.full((4, 3), 7), [0, 0, 1, 1], np.full((4, 3), 7))
    assert (cosines == cosines[0, 0]).all()


def test_another_spread_is_refused():
    with pytest.raises(ValueError, match="expected spread in"):
        make(Attacker, Spec.parse("linkage:spread=none"))
