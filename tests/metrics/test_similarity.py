import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mean_absolute_error

from bench.metrics.similarity import correlation, mae, psnr_db, ssim

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
    bad = np.array(bad)
    for metric in (
        lambda x: ssim(x, np.arange(len(x))),
        lambda x: correlation(x, x, np.arange(len(x))),
        lambda x: mae(x, x, np.arange(len(x))),
    ):
        with pytest.raises(ValueError, match="expected finite values of one picture or more"):
            metric(bad)


def test_correlation_and_mae_agree_with_scipy_and_scikit_learn():
    truth, prediction = values(1), values(1) + values(2)
    found = correlation(prediction, truth, PERSON)
    assert found.value == pytest.approx(stats.pearsonr(prediction, truth).statistic)
    assert (found.chance, found.n) == (0, 30)
    assert -1 <= found.low < found.value < found.high <= 1
    error = mae(prediction, truth, PERSON)
    assert error.value == pytest.approx(mean_absolute_error(truth, prediction))
    assert error.chance == pytest.approx(np.abs(truth - np.median(truth)).mean())


def test_the_median_has_the_chance_mae():
    truth = np.array([1.0, 2, 9])
    found = mae(np.full(3, 2.0), truth, np.arange(3))
    assert found.value == found.chance == pytest.approx(8 / 3)


def test_a_flipped_prediction_flips_the_correlation():
    one, two = (correlation(s * values(1), values(1) + values(2), PERSON) for s in (1, -1))
    assert two[:3] == pytest.approx((-one.value, -one.high, -one.low))


def test_a_constant_correlates_with_nothing():
    with pytest.raises(ValueError, match="got a constant"):
        correlation(np.ones(30), values(), PERSON)
