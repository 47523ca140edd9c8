import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from bench.answers import Answers
from bench.metrics import intervals
from bench.metrics.accuracy import auc_statistic, top1, top1_statistic
from bench.metrics.intervals import estimate, left_out, standard_error, wilson


def people(rng, n_people, n_each, spread):
    """Answers of people who are easier or harder to tell: right with probability 0.8 +- spread."""
    ease = np.clip(0.8 + spread * rng.standard_normal(n_people), 0, 1)
    person = np.repeat(np.arange(n_people), n_each)
    right = rng.random(len(person)) < ease[person]
    scores = np.stack([right, ~right], axis=1).astype(np.float32)
    return Answers(scores, np.zeros(len(person), np.int64), person, np.arange(len(person)))


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (10, 10), (57, 200)])
def test_wilson_agrees_with_statsmodels(hits, n):
    assert wilson(hits, n) == pytest.approx(proportion_confint(hits, n, method="wilson"))


def test_seven_people_have_no_interval(monkeypatch):
    monkeypatch.setattr(intervals, "MIN_PEOPLE_FOR_INTERVAL", 8)
    with pytest.raises(ValueError, match="expected 8 people or more for an interval, got 7"):
        top1(people(np.random.default_rng(0), 7, 20, 0.1))


@pytest.mark.parametrize("n_people", [8, 40])
def test_people_who_are_all_right_have_the_interval_of_clopper_and_pearson(n_people):
    person = np.repeat(np.arange(n_people), 10)
    scores = np.tile(np.array([1, 0], np.float32), (len(person), 1))
    found = top1(Answers(scores, np.zeros(len(person), np.int64), person, person))
    assert found.value == found.high == 1
    assert found.low == pytest.approx(0.025 ** (1 / n_people), abs=0.005)


def test_numbers_that_are_no_shares_get_students_t():
    heights = np.random.default_rng(1).normal(size=12)
    found = estimate(
        lambda weights: weights @ heights / weights.sum(axis=1),
        np.arange(12),
        0.0,
        share=False,
        confidence=0.9,
    )
    expected = stats.t.interval(0.9, 11, heights.mean(), stats.sem(heights))
    assert (found.low, found.high) == pytest.approx(expected)


@pytest.mark.parametrize("n_people", [8, 40])
def test_shares_of_pairs_agree_with_loops(n_people):
    some = people(np.random.default_rng(2), n_people, 12, 0.2)
    right = some.scores[:, 0].astype(float)
    without = np.array([right[some.person != each].mean() for each in range(n_people)])
    share, longer = right.mean(), [0.0, 0.0]
    error = np.sqrt((n_people - 1) / n_people * ((without - without.mean()) ** 2).sum())
    error /= share * (1 - share)
    quantile = stats.t.ppf(0.975, n_people - 1)
    if n_people == 40:
        logits = np.log(without / (1 - without))
        error = np.sqrt(39 / 40 * ((logits - logits.mean()) ** 2).sum())
        more = stats.skew(-logits) / (6 * np.sqrt(40)) * (2 * quantile**2 + 1)
        longer = [max(-more, 0), max(more, 0)]
    middle = np.log(share / (1 - share))
    ends = [middle - (quantile + longer[0]) * error, middle + (quantile + longer[1]) * error]
    n_pairs = {8: 28, 40: 780}[n_people]
    floor = wilson(share * n_pairs, n_pairs)
    found = estimate(top1_statistic(some), some.person, 0.0, pairs=True)
    low, high = (1 / (1 + np.exp(-end)) for end in ends)
    assert (found.low, found.high) == pytest.approx((min(low, floor[0]), max(high, floor[1])))


def test_more_confidence_is_wider():
    some = people(np.random.default_rng(2), 40, 12, 0.2)
    for pairs in (False, True):
        wide, narrow = (
            estimate(top1_statistic(some), some.person, 0.0, pairs=pairs, confidence=c)
            for c in (0.999, 0.95)
        )
        assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_very_many_people_are_left_out_in_groups():
    some = people(np.random.default_rng(3), 3000, 2, 0.2)
    share = some.scores[:, 0].reshape(-1, 2).mean(axis=1)
    values = left_out([top1_statistic(some)], some.person)
    assert len(values) == 1000
    assert standard_error(values)[0] == pytest.approx(stats.sem(share), rel=0.1)


def test_without_its_only_person_a_class_has_no_value():
    person = np.arange(6)
    answers = Answers(np.eye(2, dtype=np.float32)[[1, 0, 0, 1, 0, 0]], person // 5, person, person)
    assert len(left_out([auc_statistic(answers)], person)) == 5


def test_intervals_over_pictures_alone_would_not_cover():
    rng = np.random.default_rng(3)
    found = [people(rng, 30, 12, 0.2) for _ in range(200)]
    hits = [int((a.scores.argmax(axis=1) == a.truth).sum()) for a in found]
    truth = np.clip(0.8 + 0.2 * rng.standard_normal(10**6), 0, 1).mean()
    covered = np.mean([wilson(h, 360)[0] <= truth <= wilson(h, 360)[1] for h in hits])
    assert covered < 0.8


def test_one_person_with_all_hits_does_not_make_a_share_uncertain_without_bounds():
    """A constant guess at one of 58 people: right for one of them, about 1.7 %."""
    person = np.repeat(np.arange(58), 12)
    hits = (person == 0).astype(float)
    found = estimate(lambda w: (w @ hits) / w.sum(axis=1), person, 1 / 58)
    assert found.low < 1 / 58 < found.high < 0.15
