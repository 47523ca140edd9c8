import numpy as np
import pytest

from bench.answers import Answers, Numbers, Templates
from bench.metrics.accuracy import auc, balanced_accuracy, top1
from bench.metrics.identification import fnir, rank, search
from bench.metrics.matching import identified, matching_statistic
from bench.metrics.pairs import comparison
from bench.reports.results import with_failures

pytestmark = pytest.mark.usefixtures("few_people")  # values by hand


def ids(*numbers):
    return np.array(numbers, np.int64)


def answers():
    """All right, two pictures each of four people."""
    truth = ids(0, 0, 0, 0, 1, 1, 1, 1)
    scores = np.where(truth[:, None] == [0, 1], 3.0, -3.0).astype(np.float32)
    return Answers(scores, truth, ids(0, 0, 1, 1, 2, 2, 3, 3), np.arange(8) + 10)


def templates():
    """Each of four people looks along an axis of their own, in two pictures."""
    axes = np.eye(4, dtype=np.float32)
    who, rows = np.arange(4), np.arange(4)
    return Templates(axes, axes, who, who, rows + 100, rows)


def test_a_picture_without_a_face_is_not_answered_right():
    assert top1(with_failures(answers(), ids(10, 17))).value == 0.75
    assert balanced_accuracy(with_failures(answers(), ids(10))).value == (0.75 + 1) / 2
    assert top1(answers()).value == 1


def test_without_any_face_nothing_is_right_and_nothing_is_told():
    lost = with_failures(answers(), np.arange(8) + 10)
    assert top1(lost).value == 0
    assert auc(lost).value == 0.5  # not 0: reliably wrong answers would tell the class
    assert top1(lost.pick(np.arange(4))).value == 0


def test_pictures_that_were_not_answered_change_nothing():
    assert with_failures(answers(), ids(1, 2)) is not None
    assert (with_failures(answers(), ids(1, 2)).scores == answers().scores).all()


def test_a_number_moves_to_the_farther_end():
    truth = np.array([0.0, 0.2, 1.0])
    numbers = Numbers(truth, truth, ids(0, 1, 2), ids(0, 1, 2))
    assert with_failures(numbers, ids(1, 2)).values.tolist() == [0, 1, 0]


def test_a_template_without_a_face_matches_nobody():
    lost = with_failures(templates(), ids(2))
    assert rank(search(templates()), 1).value == 1
    assert rank(search(lost), 1).value == 0.75
    assert rank(search(lost), 3).value == 0.75  # not at rank 3 of 4 by a tie either
    everybody = np.ones((1, 4))
    # Of 4 mated pairs one lies below all 12 others: 3 of 4 win against all of them; ties count half
    # against the 3 pairs of the picture without a face.
    assert matching_statistic(templates())(everybody).tolist() == [1]
    assert matching_statistic(lost)(everybody) == pytest.approx(0.75 + 0.25 * 1.5 / 12)
    point = comparison(lost).point
    assert point.mated[0, 0] == 1
    assert point.nonmated[0, 0] == 3


def test_identified_people_are_wrong_without_a_face():
    lost = with_failures(identified(templates(), 4), ids(0, 1))
    assert top1(lost).value == 0.5


def test_without_a_face_nobody_is_a_false_positive():
    axes = np.eye(2, dtype=np.float32)
    n = 40
    others = np.tile(axes[:1], (n, 1))  # they look like person 0
    shown = Templates(
        axes,
        np.concatenate([axes, others]),
        ids(0, 1),
        np.concatenate([ids(0, 1), np.arange(n) + 2]),
        ids(100, 101),
        np.arange(n + 2),
    )
    assert fnir(search(shown), 0.1).value == 1  # others score as high
    assert fnir(search(with_failures(shown, np.arange(n) + 2)), 0.1).value == 0
