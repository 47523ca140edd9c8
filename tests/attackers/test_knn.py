"""Votes of nearest neighbours, next to loops."""

import numpy as np
import pytest

from attackers.knn import KNN
from bench import memory
from bench.api import Knowledge
from bench.faces import Sample, Target
from bench.runner.worker import Worker


def fitted(attacker, inputs, truth, n_classes):
    part = Sample(inputs, {"kind": truth, "person": truth})
    target = Target("kind", "categorical", tuple(map(str, range(n_classes))))
    rng = np.random.default_rng(0)
    return attacker.fit(Knowledge(part, part, None, target, frozenset()), Worker().training(rng))


def expected(known, truth, asked, k, n_classes):
    """The same votes, one at a time."""
    known, asked = (part.reshape(len(part), -1).astype(float) for part in (known, asked))
    scale = known.std(axis=0)
    scale = np.maximum(scale, 0.05 * np.sqrt((scale**2).mean()))
    scores = []
    for x in asked:
        square = np.array([(((x - y) / scale) ** 2).sum() for y in known])
        near = np.argsort(square)[:k]
        unit, votes = square[near].mean(), np.zeros(n_classes)
        for i in near:
            votes[truth[i]] += np.exp(-square[i] / unit)
        for number in set(truth.tolist()):
            votes[number] += 1e-3 * np.exp(-square[truth == number].min() / unit)
        scores.append(np.log(np.maximum(votes / votes.sum(), 1e-12)))
    return scores


@pytest.mark.parametrize("form", ["pixels", "codes"])
@pytest.mark.parametrize("k", [1, 5, 99])
def test_the_k_nearest_vote_by_their_distances(form, k, rng, monkeypatch):
    monkeypatch.setattr(memory, "BLOCK_BYTES", 999)  # several blocks
    if form == "pixels":
        known, asked = (rng.integers(0, 256, (n, 3, 4, 4)).astype(np.uint8) for n in (40, 7))
    else:
        wide = 10.0 ** rng.integers(-3, 4, 6)  # numbers of different units
        known, asked = ((rng.normal(3, 1, (n, 6)) * wide).astype(np.float32) for n in (40, 7))
    truth = rng.integers(0, 3, 40)  # of four classes, the last unseen
    weights = fitted(KNN(k=k), known, truth, 4)
    scores = KNN(k=k).predict(Sample(asked), weights, None)
    np.testing.assert_allclose(scores, expected(known, truth, asked, k, 4), rtol=2e-3)


def of_products(n, rng):
    """Noise around one of four pictures; no mean tells the class, the product of two signs."""
    one, two = rng.choice([-1, 1], (2, n))
    base = np.random.default_rng(9).normal(0, 20, (2, 3, 12, 12))
    images = one[:, None, None, None] * base[0] + two[:, None, None, None] * base[1]
    noisy = 128 + images + rng.normal(0, 25, images.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), (one * two > 0).astype(int)


def test_a_product_of_signs_is_found_though_means_do_not_tell_it(rng):
    known, truth = of_products(200, rng)
    asked, asked_truth = of_products(100, rng)
    weights = fitted(KNN(), known, truth, 2)
    scores = KNN().predict(Sample(asked), weights, None)
    assert (scores.argmax(axis=1) == asked_truth).mean() > 0.95
    assert len(np.unique(scores[:, 0])) > 90  # few ties


def test_equal_pictures_get_equal_scores():
    grey = np.full((30, 3, 4, 4), 128, np.uint8)
    weights = fitted(KNN(), grey, np.arange(30) % 3, 3)
    scores = KNN().predict(Sample(grey[:9]), weights, None)
    assert np.isfinite(scores).all()
    assert (scores == scores[0]).all()


def test_large_pictures_are_averaged_down_to_bytes(rng):
    coarse = rng.integers(0, 256, (4, 3, 64, 64)).astype(np.uint8)
    large = coarse.repeat(2, axis=2).repeat(2, axis=3)
    weights = fitted(KNN(), large, np.arange(4) % 2, 2)
    assert np.array_equal(weights["x"], coarse.reshape(4, -1))
