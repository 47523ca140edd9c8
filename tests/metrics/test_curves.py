import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import log_loss, roc_auc_score, roc_curve

from bench.metrics.curves import (
    Histograms,
    auc,
    d_sys,
    eer,
    histograms,
    min_cllr,
    n_equal_bins,
    roc,
    tmr,
)

CURVES = (auc, eer, min_cllr, lambda pairs: tmr(pairs, 0.1), lambda pairs: d_sys(pairs, 7))


def scores(seed, n_mated=60, n_nonmated=200, levels=None):
    rng = np.random.default_rng(seed)
    mated, nonmated = rng.standard_normal(n_mated) + 1, rng.standard_normal(n_nonmated)
    if levels:  # so few that there are ties
        mated, nonmated = (np.round(side * levels) / levels for side in (mated, nonmated))
    return mated, nonmated


def test_five_scores_by_hand():
    pairs = histograms([2, 4, 5], [1, 3])
    assert auc(pairs)[0] == pytest.approx(5 / 6)
    # At 3 one half of the others pass and a third is missed; at 4 none and a third.
    assert eer(pairs)[0] == pytest.approx(1 / 3)
    assert tmr(pairs, 0.5)[0] == 1  # at 2
    assert tmr(pairs, 0.49)[0] == pytest.approx(2 / 3)  # at 4


def test_a_tie_counts_half():
    assert auc(histograms([1, 2], [1, 0]))[0] == pytest.approx(3.5 / 4)


def test_equal_scores_give_chance():
    pairs = histograms([1, 1, 1], [1, 1])
    assert [auc(pairs)[0], eer(pairs)[0], min_cllr(pairs)[0]] == pytest.approx([0.5, 0.5, 1])
    assert [tmr(pairs, 0.1)[0], d_sys(pairs, 4)[0]] == [0, 0]


def test_separated_scores_are_perfect():
    pairs = histograms([3, 4], [1, 2])
    assert [curve(pairs)[0] for curve in (auc, eer, min_cllr)] == [1, 0, 0]
    assert tmr(pairs, 0.001)[0] == 1


def test_a_rate_of_exactly_the_fmr_passes():
    nonmated = np.arange(30.0)
    assert tmr(histograms([27.0, 26.0], nonmated), 0.1)[0] == 0.5  # 27, 28, 29 are 3 of 30


def test_flipped_scores_are_worse_than_chance():
    mated, nonmated = scores(1)
    right, wrong = histograms(mated, nonmated), histograms(-mated, -nonmated)
    assert auc(wrong)[0] == pytest.approx(1 - auc(right)[0])
    assert eer(wrong)[0] == pytest.approx(1 - eer(right)[0])
    assert eer(wrong)[0] > 0.5


@pytest.mark.parametrize("sides", [([], [1.0]), ([1.0], []), ([1.0, np.nan], [1.0])])
def test_a_missing_side_or_score_is_refused(sides):
    with pytest.raises(ValueError, match="finite scores of mated and of non-mated pairs"):
        histograms(*sides)


def test_a_weighting_without_one_side_has_no_value():
    pairs = Histograms(np.array([0.0, 1]), np.array([[0.0, 0], [0, 1]]), np.ones((2, 2)))
    for curve in CURVES:
        assert np.isnan(curve(pairs)).tolist() == [True, False]


@given(st.integers(0, 10_000), st.sampled_from([None, 2]))
@settings(max_examples=40, deadline=None)
def test_values_agree_with_scikit_learn(seed, levels):
    mated, nonmated = scores(seed, levels=levels)
    truth, score = np.repeat([1, 0], [60, 200]), np.concatenate([mated, nonmated])
    pairs = histograms(mated, nonmated)
    assert auc(pairs)[0] == pytest.approx(roc_auc_score(truth, score))
    fmr, true, _ = roc_curve(truth, score, drop_intermediate=False)
    assert tmr(pairs, 0.1)[0] == pytest.approx(true[fmr <= 0.1].max())
    if levels is None:  # interp1d wants no two points above one another
        assert eer(pairs)[0] == pytest.approx(_crossing(fmr, true), abs=1e-6)
    sides = np.where(truth == 1, 1 / 60, 1 / 200)
    posterior = IsotonicRegression().fit(score, truth, sides).predict(score)
    bits = log_loss(truth, np.clip(posterior, 1e-15, 1 - 1e-15), sample_weight=sides) / np.log(2)
    assert min_cllr(pairs)[0] == pytest.approx(bits)


def _crossing(fmr, true):
    """Where the lines between the ROC's points cross the diagonal, by arc length."""
    along = np.concatenate([[0], np.cumsum(np.diff(fmr) + np.diff(true))])
    x, y = interp1d(along, fmr), interp1d(along, true)
    return float(x(brentq(lambda at: 1 - x(at) - y(at), 0, along[-1])))


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_d_sys_agrees_with_the_authors_rule(seed):
    mated, nonmated = scores(seed, n_mated=130)
    pairs = histograms(mated, nonmated)
    assert n_equal_bins(pairs) == 13
    both = np.concatenate([mated, nonmated])
    edges = np.linspace(both.min(), both.max(), 14)
    p, q = (np.histogram(side, edges, density=True)[0] for side in (mated, nonmated))
    product = []
    for of_mated, of_other in zip(p, q, strict=True):
        ratio = of_mated / of_other if of_other else np.inf
        local = (2 * ratio / (1 + ratio) - 1 if ratio > 1 else 0) if of_other else 1.0
        product.append(of_mated * local)
    found = np.trapezoid(product, (edges[1:] + edges[:-1]) / 2)
    assert d_sys(pairs, 13)[0] == pytest.approx(found)


def test_the_outer_bins_of_d_sys_count_half():
    # Four bins: mated only in the last two, the others in the first two.
    assert d_sys(histograms([2.5, 4], [0, 1.5]), 4)[0] == pytest.approx(0.5 + 0.5 / 2)
    # Bins with no pair at all add nothing.
    assert d_sys(histograms([9.0, 10], [0.0, 1]), 100)[0] == pytest.approx(0.5 + 0.5 / 2)


def test_a_roc_joins_ties_by_the_diagonal():
    tied = histograms([1, 1], [1, 1, 1])
    assert roc(tied, [0, 0.3, 1]) == pytest.approx([0, 0.3, 1])
    # At 2 one of two mated and one of two others; at 1 the rest of the others; at 0 of the mated.
    some = histograms([2, 0], [2, 1])
    assert roc(some, [0, 0.25, 0.5, 0.75, 1]) == pytest.approx([0, 0.25, 0.5, 0.5, 1])


@given(st.integers(0, 10_000), st.sampled_from([None, 2]))
@settings(max_examples=20, deadline=None)
def test_the_area_below_a_roc_is_its_auc(seed, levels):
    mated, nonmated = scores(seed, levels=levels)
    pairs = histograms(mated, nonmated)
    truth, score = np.repeat([1, 0], [60, 200]), np.concatenate([mated, nonmated])
    fmr, true, _ = roc_curve(truth, score, drop_intermediate=False)
    once = np.append(np.diff(fmr) > 0, True)  # the highest point above each FMR
    assert roc(pairs, fmr[once]) == pytest.approx(true[once])
    fine = np.linspace(0, 1, 20_001)
    assert np.trapezoid(roc(pairs, fine), fine) == pytest.approx(auc(pairs)[0], abs=1e-3)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_weights_count_as_repeated_pairs(seed):
    rng = np.random.default_rng(seed)
    mated, nonmated = scores(seed, 9, 15, levels=2)
    pairs = histograms(mated, nonmated)
    times = [rng.integers(1, 4, side.shape) for side in pairs[1:]]
    weighted = Histograms(pairs.levels, *(s * t for s, t in zip(pairs[1:], times, strict=True)))
    repeated = histograms(*(np.repeat(pairs.levels, side[0].astype(int)) for side in weighted[1:]))
    for curve in CURVES:
        assert curve(weighted) == pytest.approx(curve(repeated))


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_rising_maps_change_nothing(seed):
    mated, nonmated = scores(seed, 20, 30, levels=3)
    for curve in (auc, eer, min_cllr):
        before, after = histograms(mated, nonmated), histograms(np.exp(mated), np.exp(nonmated))
        assert curve(before)[0] == pytest.approx(curve(after)[0])


@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated")
def test_values_agree_with_pyeer():
    get_eer_stats = pytest.importorskip("pyeer.eer_info", exc_type=ImportError).get_eer_stats
    mated, nonmated = scores(5, 200, 3000)
    stats, pairs = get_eer_stats(list(mated), list(nonmated)), histograms(mated, nonmated)
    assert auc(pairs)[0] == pytest.approx(stats.auc)
    assert stats.eer_low <= eer(pairs)[0] <= stats.eer_high
    for fmr, fnmr in ((0.1, stats.fmr10), (0.01, stats.fmr100), (0.001, stats.fmr1000)):
        assert 1 - tmr(pairs, fmr)[0] == pytest.approx(fnmr)
