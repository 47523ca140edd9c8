"""Cross-validated answers."""

import numpy as np

from bench.metrics.crossing import crossed, folds


def test_no_group_lies_in_two_folds_and_each_person_is_spread_over_them():
    take = np.repeat(np.arange(40), 3)
    person = take // 4
    fold = folds(take, person)
    assert all(len(set(fold[take == t])) == 1 for t in range(40))
    assert all(len(set(fold[person == p])) == 4 for p in range(10))


def test_only_what_other_folds_show_is_answered():
    """A class that lies in one fold alone is never answered there."""
    truth, fold = np.array([0, 1, 2, 0, 1]), np.array([0, 0, 0, 1, 1])
    features = 10 * truth[:, None].astype(np.float32)
    answers = crossed(features, truth, truth, fold)
    assert answers.scores.argmax(axis=1).tolist() == [0, 1, 1, 0, 1]
    assert answers.scores[2, 2] == 0


def test_what_is_not_linear_is_told_too():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(600, 2)).astype(np.float32)
    truth = (features[:, 0] * features[:, 1] > 0).astype(np.int64)
    answers = crossed(features, truth, np.arange(600), np.arange(600) % 5)
    assert (answers.scores.argmax(axis=1) == truth).mean() > 0.85


def test_flat_features_answer_evenly():
    truth = np.arange(20) % 2
    answers = crossed(np.ones((20, 3), np.float32), truth, np.arange(20), np.arange(20) // 4)
    np.testing.assert_allclose(answers.scores, 0.5, atol=0.2)
