"""Attackers use side information."""

import numpy as np
import pytest

from bench.api import Attacker, Knowledge
from bench.faces import Sample, Target
from bench.nn.side_info import kinds_of, vectors
from bench.registry import make
from bench.runner.worker import Worker
from bench.spec import Spec

N = 240


def test_classes_are_one_hot_and_numbers_as_they_are():
    notes = {"c": np.array([2, 0, 1]), "score": np.array([[0.5, 1], [2, 3], [4, 5]], np.float32)}
    kinds = kinds_of(notes)
    assert {name: int(n[0]) for name, n in kinds.items()} == {
        "side_info.c": 3,
        "side_info.score": 0,
    }
    assert vectors(notes, kinds).tolist() == [[0, 0, 1, 0.5, 1], [1, 0, 0, 2, 3], [0, 1, 0, 4, 5]]
    unseen = {"c": np.array([7]), "score": np.zeros((1, 2), np.float32)}
    assert vectors(unseen, kinds).tolist() == [[0, 0, 0, 0, 0]]
    assert vectors({}, {}) is None


def masked(rng):
    """Dark or light pictures; the truth is which, inverted where c says so."""
    shown, c = rng.integers(0, 2, N), rng.integers(0, 2, N)
    pictures = rng.integers(0, 60, (N, 3, 4, 4)) + 150 * shown[:, None, None, None]
    truth = shown ^ c
    return Sample(pictures.astype(np.uint8), {"truth": truth, "person": truth}, {"c": c})


@pytest.mark.slow
def test_side_info_solves_what_the_picture_alone_does_not():
    rng = np.random.default_rng(0)
    train, valid, probe = (masked(rng) for _ in range(3))
    target = Target("truth", "categorical", ("no", "yes"))
    attacker = make(Attacker, Spec.parse("flat:steps=80,rounds=2,batch=32,lr=0.003"))
    bare = [Sample(part.inputs, part.labels) for part in (train, valid)]
    raw = attacker.fit(
        Knowledge(*bare, None, target, frozenset()), Worker().training(np.random.default_rng(1))
    )
    knowledge = Knowledge(train, valid, None, target, frozenset({"c"}), raw)
    weights = attacker.fit(knowledge, Worker().training(np.random.default_rng(1)))

    def right(weights, notes):
        scores = attacker.predict(Sample(probe.inputs, {}, notes), weights, Worker().protecting())
        return (scores.argmax(axis=1) == probe.labels["truth"]).mean()

    assert right(raw, {}) < 0.65
    assert right(weights, probe.notes) > 0.95
    assert right(weights, {"c": 1 - probe.notes["c"]}) < 0.05  # the opposite
