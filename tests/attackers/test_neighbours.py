"""Nearest class means and nearest neighbours, next to loops."""

import numpy as np

from attackers.neighbours import Neighbours
from bench.api import Attacker
from bench.faces import Sample
from bench.registry import make
from bench.spec import Spec


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
