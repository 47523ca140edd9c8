import numpy as np
import pytest

from bench.answers import Answers, Numbers
from bench.metrics.identification import cmc, rank, search


def test_four_answers_by_hand():
    scores = np.array([[3, 2, 1], [3, 2, 1], [1, 1, 0], [5, 5, 5]], np.float32)
    n = np.arange(4)
    # The truth is first, last, one of two firsts, one of three.
    found = cmc(Answers(scores, np.array([0, 2, 1, 2]), n, n))
    wanted = [(1 + 0 + 1 / 2 + 1 / 3) / 4, (1 + 0 + 1 + 2 / 3) / 4, 1]
    assert found == ([1, 2, 3], pytest.approx(wanted))


def test_equal_scores_lie_on_the_diagonal():
    n = np.arange(12)
    ranks, identified = cmc(Answers(np.zeros((12, 4), np.float32), n % 4, n, n))
    assert identified == pytest.approx([k / 4 for k in ranks])


def test_templates_are_ranked_as_by_rank(templates):
    some = templates(20, 2, n_others=5)
    ranks, identified = cmc(some)
    assert identified == pytest.approx([rank(search(some), k).value for k in ranks[:-1]] + [1])


def test_many_ranks_are_thinned_out():
    n = np.arange(3)
    ranks, _ = cmc(Answers(np.zeros((3, 1000), np.float32), n, n, n))
    assert ranks[:3] == [1, 2, 3]
    assert ranks[-1] == 1000
    assert len(ranks) <= 50


def test_numbers_have_no_cmc():
    n = np.arange(3)
    with pytest.raises(ValueError, match="expected a classifier's answers or templates"):
        cmc(Numbers(n / 2, n / 2, n, n))
