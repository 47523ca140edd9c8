import numpy as np
import pytest

from bench.metrics.ten_folds import accuracy_by_folds, best_threshold


def test_a_threshold_lies_between_the_scores_that_it_parts():
    scores = np.array([0.1, 0.4, 0.6, 0.9])
    assert best_threshold(scores, np.array([False, False, True, True])) == 0.5
    # three of four are right at 0.25 and at 0.75
    assert best_threshold(scores, np.array([False, True, False, True])) == 0.25


def test_thresholds_may_lie_beyond_all_scores():
    scores = np.array([0.2, 0.8])
    assert best_threshold(scores, np.array([True, True])) < 0.2
    assert best_threshold(scores, np.array([False, False])) > 0.8


def test_each_fold_is_decided_by_the_others():
    """Fold 0 is parted at 2 and fold 1 at 12: each is half right by the other's threshold."""
    scores = np.array([1.0, 3.0, 11.0, 13.0])
    mated = np.array([False, True, False, True])
    found = accuracy_by_folds(scores, mated, np.array([0, 0, 1, 1]))
    assert found.folds.tolist() == [0.5, 0.5]
    assert (found.mean, found.standard_error) == (0.5, 0.0)


def test_mean_and_standard_error_are_those_over_folds(rng):
    """Against loops over folds and all thresholds that occur."""
    fold, mated = np.repeat(np.arange(5), 20), np.tile([True, False], 50)
    scores = rng.normal(size=100) + 1.5 * mated
    shares = []
    for number in range(5):
        other = fold != number
        best = max((np.mean((scores[other] >= t) == mated[other]), -t) for t in scores[other])
        lower = scores[other][scores[other] < -best[1]].max()
        threshold = (lower - best[1]) / 2
        shares.append(np.mean((scores[~other] >= threshold) == mated[~other]))
    found = accuracy_by_folds(scores, mated, fold)
    assert found.folds.tolist() == shares
    assert found.mean == pytest.approx(sum(shares) / 5)
    spread = sum((share - found.mean) ** 2 for share in shares) / 4
    assert found.standard_error == pytest.approx((spread / 5) ** 0.5)


def test_one_fold_is_refused():
    with pytest.raises(ValueError, match="expected pairs in two folds or more, got 1"):
        accuracy_by_folds(np.ones(2), np.ones(2, bool), np.zeros(2, np.int64))
