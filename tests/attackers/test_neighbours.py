"""Nearest class means and nearest neighbours, next to loops."""

import numpy as np
import pytest

from attackers.neighbours import Neighbours
from bench import memory
from bench.api import Attacker, Knowledge
from bench.faces import Sample, Target
from bench.registry import make
from bench.runner.worker import Worker
from bench.spec import Spec


@pytest.mark.parametrize("form", ["pixels", "codes"])
def test_nearest_learns_standardised_class_means_block_by_block(form, rng, monkeypatch):
    monkeypatch.setattr(memory, "BLOCK_BYTES", 2000)  # 5 pictures, 13 codes
    codes = rng.normal(5, 2, (40, 18)).astype(np.float32)
    inputs = rng.integers(0, 256, (40, 3, 4, 4)).astype(np.uint8) if form == "pixels" else codes
    truth = np.arange(40) % 3  # of four classes, the last unseen
    part = Sample(inputs, {"kind": truth, "person": truth})
    target = Target("kind", "categorical", tuple("abcd"))
    nearest = make(Attacker, Spec("nearest"))
    weights = nearest.fit(Knowledge(part, part, None, target, frozenset()), None)
    x = inputs.reshape(40, -1).astype(float)
    x = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-3)
    means = [x[truth == number].mean(axis=0) for number in range(3)]
    np.testing.assert_allclose(weights["means"], [*means, np.full(x.shape[1], 1e3)], atol=1e-6)
    scores = nearest.predict(part, weights, None)
    expected = [[-((row - mean) ** 2).mean() for mean in means] for row in x]
    np.testing.assert_allclose(scores[:, :3], expected, rtol=1e-5)


def test_nearest_scores_are_negated_mean_squared_distances(rng):
    sample = Sample(rng.integers(0, 256, (6, 3, 4, 4)).astype(np.uint8), {})
    mean, scale = rng.normal(size=48) + 100, rng.random(48) + 20
    means = np.concatenate([rng.normal(size=(3, 48)), np.full((1, 48), 1e3)])  # the last: unseen
    weights = {"mean": mean, "scale": scale, "means": means}
    weights = {name: array.astype(np.float32) for name, array in weights.items()}
    scores = make(Attacker, Spec("nearest")).predict(sample, weights, None)
    for image, row in zip(sample.inputs, scores, strict=True):
        x = (image.ravel() - mean) / scale
        np.testing.assert_allclose(row, [-((x - m) ** 2).mean() for m in means], rtol=1e-5)


def test_the_k_nearest_vote_by_their_cosines(rng, monkeypatch):
    made, known = (
        part / np.linalg.norm(part, axis=1, keepdims=True)
        for part in rng.normal(size=(2, 30, 5)).astype(np.float32)
    )
    monkeypatch.setattr(Neighbours, "embed", lambda *args: made)
    truth = rng.integers(0, 3, 30)
    weights = {"known.templates": known, "known.truth": truth, "n_classes": np.array([3])}
    for k in (4, 99):
        scores = Neighbours(k=k).predict(None, weights, None)
        for row, cosine in zip(scores, made @ known.T, strict=True):
            votes = np.zeros(3)
            for i in np.argsort(-cosine)[:k]:
                votes[truth[i]] += np.exp(10 * cosine[i])
            np.testing.assert_allclose(row, np.log(votes / votes.sum() + 1e-3), atol=1e-5)


def test_templates_of_blocks_are_those_of_the_whole(rng, monkeypatch):
    from bench.nn.backbones import backbone
    from bench.nn.state import state_of

    sample, attacker = Sample(rng.integers(0, 256, (5, 3, 32, 32)).astype(np.uint8)), Neighbours()
    weights, context = state_of(backbone("pprl", 128, 32)), Worker().protecting()
    whole = attacker.embed(sample, weights, context)
    monkeypatch.setattr(memory, "BLOCK_BYTES", 2 * 3 * 32 * 32)  # two pictures
    np.testing.assert_allclose(attacker.embed(sample, weights, context), whole, atol=1e-5)
