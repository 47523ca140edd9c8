"""Cross-validated answers."""

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf
from sklearn.neighbors import KNeighborsClassifier

from bench.forensics.cross_validation import cross_validated, folds


def test_no_group_is_in_two_folds_and_each_person_is_spread_over_them():
    take = np.repeat(np.arange(40), 3)
    person = take // 4
    fold = folds(take, person)
    assert all(len(set(fold[take == t])) == 1 for t in range(40))
    assert all(len(set(fold[person == p])) == 4 for p in range(10))


def test_only_classes_of_other_folds_are_predicted():
    """A class that occurs in one fold only is never predicted there."""
    truth, fold = np.array([0, 1, 2, 0, 1]), np.array([0, 0, 0, 1, 1])
    features = 10 * truth[:, None].astype(np.float32)
    answers = cross_validated(features, truth, truth, fold)
    assert answers.scores.argmax(axis=1).tolist() == [0, 1, 1, 0, 1]
    assert answers.scores[2, 2] == 0


def test_a_nonlinear_difference_is_learned():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(600, 2)).astype(np.float32)
    truth = (features[:, 0] * features[:, 1] > 0).astype(np.int64)
    answers = cross_validated(features, truth, np.arange(600), np.arange(600) % 5)
    assert (answers.scores.argmax(axis=1) == truth).mean() > 0.85


def test_constant_features_give_equal_scores():
    truth = np.arange(20) % 2
    answers = cross_validated(
        np.ones((20, 3), np.float32), truth, np.arange(20), np.arange(20) // 4
    )
    np.testing.assert_allclose(answers.scores, 0.5, atol=0.2)


def scores_of_scikit_learn(features, truth, train, test):
    """The average of both posteriors, with scikit-learn's covariance and neighbours."""
    x, y = features[train].astype(float), truth[train]
    means = np.stack([x[y == c].mean(axis=0) for c in (0, 1, 2)])
    centred, n_free = x - means[y], len(x) - 3
    scale = np.sqrt((centred**2).sum(axis=0) / n_free)
    covariance = ledoit_wolf(centred / scale, assume_centered=True)[0] * len(x) / n_free
    values, vectors = np.linalg.eigh(covariance)
    whitening = vectors / np.sqrt(values) / scale[:, None]
    x, z, means = (part @ whitening for part in (x, features[test].astype(float), means))
    linear = -((z[:, None] - means) ** 2).sum(axis=2) / 2
    linear = np.exp(linear - linear.max(axis=1, keepdims=True))
    near = KNeighborsClassifier(15).fit(x, y).predict_proba(z) / np.bincount(y)
    return sum(part / part.sum(axis=1, keepdims=True) for part in (linear, near)) / 2


@pytest.mark.parametrize("n_features", [1, 4, 40, 150])
def test_scores_are_those_of_scikit_learn(n_features):
    """One feature: shrinkage does nothing; up to 15: neighbours by a tree, then by a product."""
    rng = np.random.default_rng(0)
    truth, fold = np.arange(300) % 3, np.arange(300) // 3 % 5
    mixing = rng.normal(size=(n_features, n_features)) + 3 * np.eye(n_features)
    features = (rng.normal(size=(300, n_features)) + truth[:, None] / 3) @ mixing
    features = features.astype(np.float32)
    answers = cross_validated(features, truth, np.arange(300), fold)
    for held_out in range(5):
        expected = scores_of_scikit_learn(features, truth, fold != held_out, fold == held_out)
        np.testing.assert_allclose(answers.scores[fold == held_out], expected, atol=2e-3)


def test_neighbours_do_not_depend_on_the_batch(monkeypatch):
    rng = np.random.default_rng(0)
    features, truth = rng.normal(size=(100, 30)).astype(np.float32), np.arange(100) % 2
    together = cross_validated(features, truth, truth, np.arange(100) // 20)
    monkeypatch.setattr("bench.forensics.cross_validation._DISTANCES", 100)
    apart = cross_validated(features, truth, truth, np.arange(100) // 20)
    np.testing.assert_allclose(apart.scores, together.scores, atol=1e-5)
