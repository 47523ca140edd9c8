"""Shares of releases that are nearest to training pictures."""

import numpy as np
import pytest

from bench.metrics.memorised import memorised


def test_a_share_by_hand_with_its_interval_over_the_nearest_people():
    person = np.repeat([0, 1, 2, 3], 25)
    few = memorised(np.where(person < 2, 1.0, 0.0), person)
    assert (few.value, few.n, few.chance) == (0.5, 100, 0.5)
    assert few.low < 0.1  # 100 releases, but four people
    many = memorised(np.tile([1.0, 0.0], 50), np.arange(100))
    assert 0.38 < many.low < 0.5 < many.high < 0.62


def test_two_people_who_agree_are_no_evidence():
    found = memorised(np.ones(100), np.repeat([0, 1], 50))
    assert found.low < 0.5 < found.high


def test_one_person_is_too_few():
    with pytest.raises(ValueError, match="two people or more"):
        memorised(np.ones(9), np.zeros(9, int))
