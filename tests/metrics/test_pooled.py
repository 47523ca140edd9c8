import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.answers import Answers
from bench.metrics.accuracy import auc, top1
from bench.metrics.pooled import pooled, worst_decile

pytestmark = pytest.mark.usefixtures("few_people")  # values by hand


def answered(right, person, truth=None):
    """Answers of two classes that are right or wrong."""
    right, person = np.asarray(right, bool), np.asarray(person)
    truth = np.zeros(len(person), np.int64) if truth is None else np.asarray(truth)
    scores = np.eye(2, dtype=np.float32)[np.where(right, truth, 1 - truth)]
    return Answers(scores, truth, person, np.arange(len(person)))


def noisy(seed, n_people=12, n_each=12):
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(n_people), n_each)
    scores = np.eye(n_people)[person] + 1.5 * rng.standard_normal((len(person), n_people))
    return Answers(scores.astype(np.float32), person, person, rng.permutation(len(person)))


def test_two_groups_of_three_by_hand():
    scores = np.array([[3, 0], [0, 1], [0, 1]] * 2, np.float32)  # class 0 has the highest mean
    some = Answers(scores, np.zeros(6, np.int64), np.repeat([4, 9], 3), np.arange(6))
    found = pooled(some, 3)
    assert found.scores == pytest.approx(np.array([[1, 2 / 3]] * 2))
    assert (found.person.tolist(), found.image_id.tolist()) == ([4, 9], [0, 3])
    assert (top1(some).value, top1(found).value) == (pytest.approx(1 / 3), 1)


def test_pictures_of_another_truth_or_person_are_never_pooled():
    person, truth = np.repeat([0, 1, 2], 7), np.arange(21) % 2
    some = Answers(np.stack([person, truth], 1).astype(np.float32), truth, person, np.arange(21))
    found = pooled(some, 3)
    assert (found.scores == np.stack([found.person, found.truth], 1)).all()
    assert len(found) == 6  # of 3 or 4 pictures each


def test_pooling_one_picture_changes_nothing():
    some = noisy(0)
    assert top1(pooled(some, 1)) == top1(some)


@given(st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_groups_do_not_depend_on_the_order_of_pictures(seed):
    some, order = noisy(1), np.random.default_rng(seed).permutation(144)
    shuffled = Answers(
        some.scores[order], some.truth[order], some.person[order], some.image_id[order]
    )
    one, two = (pooled(each, 5) for each in (some, shuffled))
    assert sorted(one.image_id) == sorted(two.image_id)
    assert one.scores[np.argsort(one.image_id)] == pytest.approx(
        two.scores[np.argsort(two.image_id)]
    )


def test_more_pictures_are_identified_better():
    values = [np.mean([top1(pooled(noisy(s), n)).value for s in range(5)]) for n in (1, 4, 12)]
    assert values[0] < values[1] - 0.1 < values[2] - 0.2


def test_pooled_answers_have_an_auc():
    rng = np.random.default_rng(0)
    person, truth = np.repeat(np.arange(20), 10), np.repeat(np.arange(20) % 2, 10)
    margin = rng.standard_normal(200) + truth
    scores = np.stack([-margin, margin], 1).astype(np.float32)
    some = Answers(scores, truth, person, np.arange(200))
    assert auc(pooled(some, 10)).value > auc(some).value + 0.1


def test_pooling_more_than_anybody_has_is_refused():
    with pytest.raises(ValueError, match="got 12 at most; pool fewer"):
        pooled(noisy(0), 100)


def test_the_worst_of_ten_people():
    right = np.ones((10, 4))
    right[3, :3], right[5, :2] = 0, 0
    found = worst_decile(answered(right.ravel(), np.repeat(np.arange(10), 4)))
    assert found.value == 0.25
    assert np.isnan(found.chance)
    assert found.low <= 0.25 <= found.high


def test_the_worst_of_fifteen_people_are_one_and_a_half():
    right = np.ones((15, 4))
    right[3, :3], right[5, :2] = 0, 0
    found = worst_decile(answered(right.ravel(), np.repeat(np.arange(15), 4)))
    assert found.value == pytest.approx((0.25 + 0.5 * 0.5) / 1.5)


def test_each_person_counts_alike_among_the_worst():
    person = np.repeat(np.arange(10), [50, *[2] * 9])
    assert worst_decile(answered(person != 0, person)).value == 0


def test_the_worst_of_nine_people_are_refused():
    with pytest.raises(ValueError, match="expected 10 people or more for the worst tenth, got 9"):
        worst_decile(answered(np.ones(9), np.arange(9)))
