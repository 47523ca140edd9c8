import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from bench.answers import Answers
from bench.metrics.accuracy import top1
from bench.metrics.intervals import wilson


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


@pytest.mark.slow
@pytest.mark.parametrize("n_people", [8, 30, 150])
def test_intervals_over_people_cover(n_people):
    rng, trials = np.random.default_rng(n_people), 400
    found = [top1(people(rng, n_people, 12, 0.12)) for _ in range(trials)]
    truth = np.clip(0.8 + 0.12 * rng.standard_normal(10**6), 0, 1).mean()
    covered = np.mean([e.low <= truth <= e.high for e in found])
    assert 0.92 <= covered <= 0.98


def test_intervals_over_pictures_alone_would_not_cover():
    rng = np.random.default_rng(3)
    found = [people(rng, 30, 12, 0.2) for _ in range(200)]
    hits = [int((a.scores.argmax(axis=1) == a.truth).sum()) for a in found]
    truth = np.clip(0.8 + 0.2 * rng.standard_normal(10**6), 0, 1).mean()
    covered = np.mean([wilson(h, 360)[0] <= truth <= wilson(h, 360)[1] for h in hits])
    assert covered < 0.8
