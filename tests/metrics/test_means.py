"""Means over somebody's pictures, whose folders may be clips."""

import numpy as np
import pytest
from scipy import stats

from bench.metrics.means import agreement, mean, share

pytestmark = pytest.mark.usefixtures("few_people")  # values by hand


def test_frames_of_a_clip_count_as_one():
    """Equal frames count no more than one of each clip: Student's t over the nine clips."""
    of_clips = np.array([1.0, 2.0, 4.0] * 3)
    found = mean(of_clips.repeat(50), np.arange(9).repeat(50))
    half = stats.t.ppf(0.975, 8) * of_clips.std(ddof=1) / np.sqrt(9)
    assert (found.value, found.n) == (pytest.approx(7 / 3), 450)
    assert (found.low, found.high) == pytest.approx((7 / 3 - half, 7 / 3 + half))


def test_few_clips_have_a_value_without_an_interval():
    found = mean(np.array([1.0, 2.0, 6.0]), np.arange(3))
    assert found.value == 3
    assert np.isnan([found.low, found.high]).all()


def test_pictures_of_one_folder_are_taken_for_independent():
    values = np.array([1.0, 2.0, 4.0])
    one, apart = mean(values, np.zeros(3, int)), mean(values, np.arange(3))
    assert one == apart
    with pytest.raises(ValueError, match="one value or more"):
        mean(values[:0], np.zeros(0, int))


def test_shares_and_agreement():
    assert share(np.array([1, 0, 1, 1]), np.zeros(4, int), 0.5)[0] == 0.75
    first = np.eye(3, dtype=np.float32)[[0, 0, 1, 2]]
    second = np.eye(3, dtype=np.float32)[[0, 1, 1, 0]]
    found = agreement(first, second, np.zeros(4, int))
    assert (found.value, found.chance) == (0.5, 0.5)
