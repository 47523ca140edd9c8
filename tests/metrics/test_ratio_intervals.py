import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from bench.answers import Estimate
from bench.metrics.intervals import wilson
from bench.metrics.ratio_intervals import correlation, difference_ends, ratio_ends


def between(low, value, high):
    return Estimate(value, low, high, 100, 0.0)


def scaled(estimate, x):
    low, high = sorted([x * estimate.low, x * estimate.high])
    return between(low, x * estimate.value, high)


def test_correlation_agrees_with_scipy():
    values = np.random.default_rng(0).normal(size=(9, 2)) @ [[1, 1], [0, 1]]
    assert correlation(values) == pytest.approx(stats.pearsonr(*values.T).statistic)


def test_what_stands_still_is_not_correlated():
    assert correlation(np.array([[0.5, 1.0], [0.7, 1.0]])) == 0


def test_difference_of_unrelated_shares_is_newcombes():
    first, second = (
        between(wilson(h, n)[0], h / n, wilson(h, n)[1]) for h, n in [(9, 10), (3, 20)]
    )
    expected = confint_proportions_2indep(9, 10, 3, 20, method="newcomb", compare="diff")
    assert difference_ends(first, second, 0.0) == pytest.approx(expected)


def test_difference_by_hand():
    first, second = between(0.4, 0.7, 0.8), between(0.1, 0.2, 0.6)
    # Down: 0.3 and 0.4 at right angles are 0.5; up: 0.1 and 0.1 with a correlation of 0.5 are 0.1.
    assert difference_ends(first, second, 0.0)[0] == pytest.approx(0.0)
    assert difference_ends(first, second, 0.5)[1] == pytest.approx(0.6)


@pytest.mark.parametrize("correlated", [-0.5, 0.0, 0.9])
@pytest.mark.parametrize(
    "first", [(0.1, 0.3, 0.4), (-0.1, 0.3, 0.4), (-0.3, -0.1, 0.2), (-0.4, -0.3, -0.1)]
)
@pytest.mark.parametrize("second", [(0.1, 0.2, 0.5), (0.6, 0.7, 0.75)])
def test_at_the_ends_of_a_ratio_the_difference_may_be_0(first, second, correlated):
    first, second = between(*first), between(*second)
    low, high = ratio_ends(first, second, correlated)
    assert low < first.value / second.value < high
    for end, side in ((low, 0), (high, 1)):
        sign = 1 if end >= 0 else -1  # mirroring the second turns the correlation
        ends = difference_ends(first, scaled(second, end), correlated * sign)
        assert ends[side] == pytest.approx(0, abs=1e-9)


def test_ratio_of_symmetric_intervals_is_fiellers():
    first, second, q2_cov = between(0.2, 0.5, 0.8), between(0.6, 0.8, 1.0), 0.5 * 0.3 * 0.2
    roots = np.roots([0.8**2 - 0.2**2, -2 * (0.5 * 0.8 - q2_cov), 0.5**2 - 0.3**2])
    assert ratio_ends(first, second, 0.5) == pytest.approx(sorted(roots))
