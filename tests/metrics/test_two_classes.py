"""EER and AUC of answers about two classes."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from bench.answers import Answers
from bench.metrics.accuracy import auc, eer, eer_statistic

pytestmark = pytest.mark.usefixtures("few_people")  # values by hand


def answers(margin, truth, person=None):
    margin = np.asarray(margin, np.float32)
    scores = np.stack([np.zeros_like(margin), margin], axis=1)
    n = np.arange(len(margin))
    return Answers(scores, np.asarray(truth, np.int64), n if person is None else person, n)


def test_one_of_four_of_each_class_is_mistaken():
    found = answers([1, 2, 3, 6, 5, 7, 8, 4], [0, 0, 0, 0, 1, 1, 1, 1])
    assert eer(found).value == pytest.approx(0.25)
    assert eer(found).chance == 0.5


def test_inverted_answers_err_all_the_more():
    found = answers([1, 2, 3, 6, 5, 7, 8, 4], [1, 1, 1, 1, 0, 0, 0, 0])
    assert eer(found).value == pytest.approx(0.75)
    assert auc(found).value == pytest.approx(2 / 16)


def test_eer_as_scikit_learn_draws_the_roc():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 500)
    margin = (rng.standard_normal(500) + truth).round(1)  # with ties
    false, true, _ = roc_curve(truth, margin, drop_intermediate=False)
    grid = np.linspace(0, 1, 200_001)
    missed = 1 - np.interp(grid, false, true)
    wanted = grid[np.argmin(abs(grid - missed))]
    assert eer(answers(margin, truth)).value == pytest.approx(wanted, abs=1e-5)
    area = roc_auc_score(truth, margin)
    assert auc(answers(margin, truth)).value == pytest.approx(area, abs=1e-6)


def test_weights_are_how_often_a_picture_is_there():
    rng = np.random.default_rng(1)
    truth, margin = rng.integers(0, 2, 60), rng.standard_normal(60).round(1)
    times = rng.integers(0, 4, 60)
    repeated = answers(np.repeat(margin, times), np.repeat(truth, times))
    weighted = eer_statistic(answers(margin, truth))(times[None].astype(float))
    assert weighted[0] == pytest.approx(eer_statistic(repeated)(np.ones((1, times.sum())))[0])


@pytest.mark.parametrize("metric", [eer, auc])
def test_one_class_alone_is_refused(metric):
    with pytest.raises(ValueError, match="two classes"):
        metric(answers([1, 2, 3], [1, 1, 1]))
