import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import mean_absolute_error

from bench.metrics.regression import correlation, mae

pytestmark = pytest.mark.usefixtures("few_people")  # values by hand

PERSON = np.repeat(np.arange(10), 3)


def values(seed=0):
    return np.random.default_rng(seed).uniform(0.2, 0.9, 30)


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
    truth = np.repeat([1.0, 2, 9], 3)
    found = mae(np.full(9, 2.0), truth, np.arange(9))
    assert found.value == found.chance == pytest.approx(8 / 3)


def test_a_flipped_prediction_flips_the_correlation():
    one, two = (correlation(s * values(1), values(1) + values(2), PERSON) for s in (1, -1))
    assert two[:3] == pytest.approx((-one.value, -one.high, -one.low))


def test_a_constant_correlates_with_nothing():
    with pytest.raises(ValueError, match="got a constant"):
        correlation(np.ones(30), values(), PERSON)


@pytest.mark.parametrize("bad", [[], [np.nan, 1.0]])
@pytest.mark.parametrize("metric", [correlation, mae])
def test_missing_values_are_refused(metric, bad):
    bad = np.array(bad)
    with pytest.raises(ValueError, match="expected finite values of one picture or more"):
        metric(bad, bad, np.arange(len(bad)))
