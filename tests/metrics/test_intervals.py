import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from bench.answers import Answers
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


def test_pictures_of_one_person_have_no_interval():
    found = top1(people(np.random.default_rng(0), 1, 20, 0.1))
    assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize("n_people", [8, 40])
def test_people_who_are_all_alike_do_not_give_an_empty_interval(n_people):
    person = np.repeat(np.arange(n_people), 10)
    scores = np.tile(np.array([1, 0], np.float32), (len(person), 1))
    found = top1(Answers(scores, np.zeros(len(person), np.int64), person, person))
    assert found.value == found.high == 1
    assert found.low == pytest.approx(wilson(10 * n_people, 10 * n_people)[0])


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
def test_shares_agree_with_loops(n_people):
    some = people(np.random.default_rng(2), n_people, 12, 0.2)
    right = some.scores[:, 0].astype(float)
    without = [right[some.person != each].mean() for each in range(n_people)]
    share, on_logits = right.mean(), n_people == 40
    if on_logits:
        without = [np.log(x / (1 - x)) for x in without]
    middle = sum(without) / n_people
    error = np.sqrt((n_people - 1) / n_people * sum((x - middle) ** 2 for x in without))
    slope = 1 if on_logits else 1 / (share * (1 - share))
    half = stats.t.ppf(0.975, n_people - 1) * error * slope
    ends = [np.log(share / (1 - share)) - half, np.log(share / (1 - share)) + half]
    found = top1(some)
    assert (found.low, found.high) == pytest.approx([1 / (1 + np.exp(-x)) for x in ends])


def test_more_confidence_is_wider():
    some = people(np.random.default_rng(2), 40, 12, 0.2)
    wide, narrow = (
        estimate(top1_statistic(some), some.person, 0.0, confidence=c) for c in (0.999, 0.95)
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
