import numpy as np
import pytest
from scipy import stats

from bench.metrics.gaffke import bounds

ALIKE = np.ones(12)


def test_people_who_have_0_or_1_have_the_bounds_of_clopper_and_pearson():
    """The quantiles of a Dirichlet distribution of two kinds are those of a beta distribution."""
    hits = np.array([1.0] * 9 + [0.0] * 3)
    (low,), (high,) = bounds(hits[:, None], ALIKE, 0.95)
    assert low == pytest.approx(stats.beta.ppf(0.025, 9, 4), abs=0.01)
    assert high == pytest.approx(stats.beta.ppf(0.975, 10, 3), abs=0.01)


def test_bounds_agree_with_the_published_formula():
    """1 - sum of u_(i) (x_(i + 1) - x_(i)), with uniform order statistics u and x_(n + 1) = 1."""
    values = np.sort(np.random.default_rng(0).beta(4, 2, 12))
    order = np.sort(np.random.default_rng(1).random((50_000, 12)), axis=1)
    drawn = 1 - order @ np.diff(np.append(values, 1.0))
    _, (high,) = bounds(values[:, None], ALIKE, 0.95)
    assert high == pytest.approx(np.quantile(drawn, 0.975), abs=0.005)


def test_the_low_end_mirrors_the_high_one():
    values = np.random.default_rng(0).random((12, 2))
    low, high = bounds(values, ALIKE, 0.9)
    mirrored = bounds(1 - values, ALIKE, 0.9)
    assert low == pytest.approx(1 - mirrored[1], abs=1e-5)
    assert high == pytest.approx(1 - mirrored[0], abs=1e-5)


def test_who_has_more_pictures_counts_more():
    values, weight = np.array([[1.0], *[[0.0]] * 11]), np.array([11.0, *[1.0] * 11])
    low, high = bounds(values, weight, 0.95)
    alike = bounds(values, ALIKE, 0.95)
    assert low[0] > alike[0][0]
    assert high[0] > alike[1][0]
    assert bounds(values, 7 * weight, 0.95) == (pytest.approx(low), pytest.approx(high))
