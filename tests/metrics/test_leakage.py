import numpy as np
import pytest

from bench.answers import Answers
from bench.metrics.advantage import advantage
from bench.metrics.comparisons import leakage

pytestmark = pytest.mark.usefixtures("few_people")  # values by hand


def answered(predicted, truth, image_id=None):
    predicted, truth = np.asarray(predicted), np.asarray(truth)
    n = len(truth)
    scores = np.eye(max(truth.max(), predicted.max()) + 1, dtype=np.float32)[predicted]
    return Answers(scores, truth, np.arange(n) // 2, np.arange(n) if image_id is None else image_id)


TRUTH = [0, 1, 2, 3, 0, 1, 2, 3]


def test_half_way_between_chance_and_ceiling():
    attack = answered([0, 1, 2, 3, 0, 0, 0, 0], TRUTH)  # 5 of 8
    ceiling = answered(TRUTH, TRUTH)
    assert leakage(attack, 1, ceiling, 1).value == pytest.approx((5 / 8 - 2 / 8) / (1 - 2 / 8))


def test_leakage_is_not_clipped():
    many = TRUTH * 20  # so that the ceiling is surely above chance
    attack, ceiling = answered(many, many), answered([0, 1, 2, 3, 0, 0, 0, 0] * 20, many)
    assert leakage(attack, 1, ceiling, 1).value == pytest.approx(2.0)
    below = answered([1, 2, 3, 0, 1, 2, 3, 0] * 20, many)
    assert leakage(below, 1, attack, 1).value == pytest.approx(-1 / 3)


def test_an_inverted_attacker_of_two_classes_leaks_as_much():
    truth = [0, 1] * 12
    right, wrong = answered(truth, truth), answered(1 - np.array(truth), truth)
    assert advantage(right) == (0.5, 1)
    assert advantage(wrong) == (0.5, -1)
    assert leakage(wrong, -1, right, 1).value == pytest.approx(1.0)


def test_pictures_are_paired_whatever_their_order():
    attack = answered([0, 1, 2, 3, 0, 0, 0, 0], TRUTH)
    order = np.random.default_rng(0).permutation(8)
    whole = answered(TRUTH, TRUTH)
    shuffled = Answers(
        whole.scores[order], whole.truth[order], whole.person[order], whole.image_id[order]
    )
    assert leakage(attack, 1, shuffled, 1) == pytest.approx(leakage(attack, 1, whole, 1))


def test_where_nothing_is_found_without_a_defense_leakage_is_undefined():
    attack, blind = answered(TRUTH, TRUTH), answered([0] * 8, TRUTH)
    with pytest.raises(ValueError, match="expected an attack above chance"):
        leakage(attack, 1, blind, 1)


def test_answers_about_other_pictures_are_refused():
    with pytest.raises(ValueError, match="same pictures"):
        leakage(answered(TRUTH, TRUTH), 1, answered(TRUTH, TRUTH, np.arange(8) + 1), 1)
