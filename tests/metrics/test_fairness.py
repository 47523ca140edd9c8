import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from bench.answers import Answers, Templates
from bench.metrics.declared import estimates_by_group
from bench.metrics.fairness import Grouping, groupings, largest_gap, right_in_group

pytestmark = pytest.mark.usefixtures("few_people")  # values by hand


def answered(right, person):
    """Answers of two classes that are right or wrong."""
    right, person = np.asarray(right, bool), np.asarray(person)
    scores = np.eye(2, dtype=np.float32)[np.where(right, 0, 1)]
    return Answers(scores, np.zeros(len(person), np.int64), person, np.arange(len(person)))


def by_age(group):
    return {"age": Grouping(("young", "middle", "old"), np.asarray(group))}


def gap(answers, group):
    return largest_gap(answers, by_age(group), "age")


def test_the_largest_of_three_gaps_by_hand():
    person, group = np.repeat(np.arange(6), 4), np.repeat([0, 0, 1, 1, 2, 2], 4)
    right = [1, 0, 0, 0] * 2 + [1, 1, 1, 0] * 2 + [1, 1, 0, 0] * 2
    found = gap(answered(right, person), group)
    assert (found.value, found.chance, found.n) == (0.5, 0, 24)
    renamed = gap(answered(right, person), 2 - group)
    assert renamed == found
    middle = right_in_group(answered(right, person), by_age(group), "age=middle")
    assert (middle.value, middle.n, middle.chance) == (0.75, 8, 1)


def test_pictures_of_no_group_are_left_out():
    person, group = np.arange(6), np.array([0, 0, 1, 1, -1, -1])
    found = gap(answered([1, 1, 0, 0, 0, 1], person), group)
    assert (found.value, found.n) == (1, 4)


def test_one_group_has_no_gap_and_one_of_few_people_none_to_compare():
    with pytest.raises(ValueError, match="two groups of age or more, got 1"):
        gap(answered(np.ones(4), np.arange(4)), np.zeros(4, int))
    with pytest.raises(ValueError, match="people or more for an interval"):
        gap(answered(np.ones(4), np.arange(4)), np.array([0, 0, 0, 1]))


def test_groups_that_are_alike_are_seldom_told_apart():
    rng, told_apart = np.random.default_rng(0), 0
    person = np.repeat(np.arange(60), 5)
    for _ in range(60):
        ease = rng.uniform(0.4, 1, 60)
        found = gap(answered(rng.random(300) < ease[person], person), person % 3)
        told_apart += found.low > 0
        assert found.value > 0
    assert told_apart <= 6


def test_a_gap_of_two_groups_is_near_the_interval_of_newcombe():
    person = np.arange(112)
    right = np.concatenate([np.arange(56) < 48, np.arange(56) < 56])
    found = gap(answered(right, person), (person >= 56).astype(int))
    expected = confint_proportions_2indep(56, 56, 48, 56, method="newcomb")
    assert (found.low, found.high) == pytest.approx(expected, abs=0.02)


def test_a_matcher_that_fails_one_group_is_seen_to():
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(60), 2)
    made = rng.standard_normal((60, 16))[person] + 0.1 * rng.standard_normal((120, 16))
    made[person % 2 == 1] = rng.standard_normal((60, 16))
    made = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    half = np.arange(120) % 2 == 0
    sides = made[half], made[~half], person[half], person[~half]
    answers = Templates(*sides, *np.split(np.arange(120), 2))
    groups = {"gender": Grouping(("female", "male"), person[~half] % 2)}
    found = {one.metric: one.estimate for one in estimates_by_group(answers, groups)}
    assert set(found) == {"right_gender=female", "right_gender=male", "gap_gender"}
    assert found["right_gender=female"].value > 0.99
    assert found["right_gender=male"].low < 0.5 < found["right_gender=male"].high
    assert found["gap_gender"].low > 0.2


def test_a_gap_between_few_people_is_none_between_groups(monkeypatch):
    monkeypatch.setattr("bench.metrics.fairness.MIN_PEOPLE_FOR_INTERVAL", 8)
    person = np.repeat(np.arange(27), 2)
    skin = np.where(person < 3, 2, person % 2)  # three people of the third class
    skin[-2:] = -1
    gender = (person >= 24).astype(int)  # three of the second
    labels = {"skin": (("a", "b", "c"), skin), "gender": (("f", "m"), gender)}
    found = groupings(labels, person)
    assert set(found) == {"skin"}
    assert found["skin"].present == [0, 1]
    assert (found["skin"].group == -1).sum() == 2 * 4
