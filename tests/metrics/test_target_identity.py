"""Attackers who name what a picture was made to show."""

import numpy as np
import pytest

from bench.answers import Answers
from bench.metrics.target_identity import names_target_identity, top1_if_other


def answers(named, truth):
    scores = np.eye(3, dtype=np.float32)[named]
    n = len(named)
    return Answers(scores, np.array(truth), np.arange(n) % 4, np.arange(n))


def test_by_hand():
    # Rows 0 and 1 show their own class; of the six others one is named truly, four as shown.
    truth = [0, 1, 0, 1, 2, 0, 1, 2]
    imposed = np.array([0, 1, 1, 2, 0, 2, 0, 1])
    named = [0, 1, 1, 2, 0, 2, 1, 0]
    assert names_target_identity(answers(named, truth), imposed).value == 6 / 8
    found = top1_if_other(answers(named, truth), imposed)
    assert (found.value, found.n) == (1 / 6, 6)


def test_undefined_where_all_show_themselves():
    with pytest.raises(ValueError, match="expected pictures that show another class"):
        top1_if_other(answers([0, 1, 2, 0], [0, 1, 2, 0]), np.array([0, 1, 2, 0]))
