"""Cross-validated answers."""

import numpy as np

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
