"""Metrics of releases before any attacker."""

import numpy as np
import pytest
from scipy import stats

from bench.metrics.releases import face_found, memorised, psnr_db, ssim

pytestmark = pytest.mark.usefixtures("few_people")  # values by hand

PERSON = np.repeat(np.arange(10), 3)


def values(seed=0):
    return np.random.default_rng(seed).uniform(0.2, 0.9, 30)


def test_means_have_no_chance_and_an_interval_over_people():
    for metric in (ssim, psnr_db):
        found = metric(values(), PERSON)
        assert found.value == pytest.approx(values().mean())
        assert np.isnan(found.chance)
        assert found.low < found.value < found.high


def test_with_one_picture_each_the_interval_is_that_of_the_t_test():
    found = ssim(values()[:12], np.arange(12))
    ends = stats.ttest_1samp(values()[:12], 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))


def test_identical_pictures_have_no_psnr():
    with pytest.raises(ValueError, match="2 of 30 are identical"):
        psnr_db(np.where(np.arange(30) < 2, np.inf, values()), PERSON)


@pytest.mark.parametrize("bad", [[], [np.nan, 1.0]])
def test_missing_values_are_refused(bad):
    with pytest.raises(ValueError, match="expected finite values of one picture or more"):
        ssim(np.array(bad), np.arange(len(bad)))


def test_the_share_of_faces_found_is_over_pictures():
    found = face_found(np.array([True, True, False, True]), np.array([0, 0, 1, 1]))
    assert (found.value, found.n) == (0.75, 4)
    with pytest.raises(ValueError, match="expected one picture or more"):
        face_found(np.empty(0, bool), np.empty(0, int))


def test_memorised_by_hand_with_its_interval_over_the_nearest_people():
    person = np.repeat([0, 1, 2, 3], 25)
    few = memorised(np.where(person < 2, 1.0, 0.0), person)
    assert (few.value, few.n, few.chance) == (0.5, 100, 0.5)
    assert few.low < 0.1  # 100 releases, but four people
    many = memorised(np.tile([1.0, 0.0], 50), np.arange(100))
    assert 0.38 < many.low < 0.5 < many.high < 0.62


def test_two_nearest_people_are_no_evidence():
    found = memorised(np.ones(100), np.repeat([0, 1], 50))
    assert found.low < 0.5 < found.high


def test_one_nearest_person_is_too_few():
    with pytest.raises(ValueError, match="two people or more"):
        memorised(np.ones(9), np.zeros(9, int))
