"""Metrics of two weighted histograms of scores: of mated and of non-mated pairs.

Each is a function of B weightings at once, Histograms -> (B,); nan where one side has no weight.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from bench.metrics.intervals import Floats, Ids


class Histograms(NamedTuple):
    """The weight at each level of score."""

    levels: Floats  # float64, (K,), ascending
    mated: Floats  # float64, (B, K): weight of the pairs of one person
    nonmated: Floats  # float64, (B, K): of two


Curve = Callable[[Histograms], Floats]


def histograms(mated: ArrayLike, nonmated: ArrayLike) -> Histograms:
    """One weighting, (1, K), of scores, (M,) and (N,), with a level for each that occurs.

    Raises:
        ValueError: if either is empty or not finite.
    """
    sides = [np.asarray(side, np.float64) for side in (mated, nonmated)]
    n_bad = sum(int((~np.isfinite(side)).sum()) for side in sides)
    if n_bad or not all(map(len, sides)):
        raise ValueError(
            f"expected finite scores of mated and of non-mated pairs, got {len(sides[0])} and "
            f"{len(sides[1])}, {n_bad} of them not finite; fix the matcher or add pairs"
        )
    levels = np.unique(np.concatenate(sides))
    counts = (np.bincount(np.searchsorted(levels, s), minlength=len(levels)) for s in sides)
    return Histograms(levels, *(count.astype(np.float64)[None] for count in counts))  # (1, K)


def auc(pairs: Histograms) -> Floats:
    """Probability that a mated pair scores above a non-mated one; a tie counts half."""
    _, mated, nonmated = pairs
    not_lost = np.einsum("bk,bk->b", mated, np.cumsum(nonmated, axis=1))
    tied = np.einsum("bk,bk->b", mated, nonmated)
    with np.errstate(invalid="ignore"):
        return np.asarray((not_lost - tied / 2) / (mated.sum(axis=1) * nonmated.sum(axis=1)))


def eer(pairs: Histograms) -> Floats:
    """Error where FMR = FNMR, on the ROC drawn with straight lines, not on its convex hull."""
    fmr, tmr = _rates(pairs)
    excess = fmr + tmr - 1  # FMR - FNMR: from 1 down to -1
    after = np.maximum(1, (excess <= 0).argmax(axis=1))[:, None]
    (x0, x1), (y0, y1) = (
        (np.take_along_axis(rate, after - 1, 1), np.take_along_axis(rate, after, 1))
        for rate in (excess, fmr)
    )
    return np.asarray((y0 + (y1 - y0) * x0 / (x0 - x1))[:, 0])


def tmr(pairs: Histograms, fmr: float) -> Floats:
    """Share of mated pairs at or above the lowest threshold with this FMR or less."""
    false, true = _rates(pairs)
    lowest = (false <= fmr).argmax(axis=1)[:, None]
    found = np.take_along_axis(true, lowest, axis=1)[:, 0]
    return np.where(np.isnan(false[:, 0]), np.nan, found)


def min_cllr(pairs: Histograms) -> Floats:
    """Cost of log-likelihood ratios after the best monotone map of the scores (PAV), in bits, 0..1.

    Source: Bruemmer, du Preez, Computer Speech and Language 20 (2006), 230-275 [bruemmer2006cllr].
    """
    return np.array([_pav_cost(*sides) for sides in zip(*_shares(pairs), strict=True)])


def roc(pairs: Histograms, fmr: Floats) -> Floats:
    """TMR at each FMR, (F,), on the ROC drawn with straight lines, of a single weighting.

    So tied scores are joined by the diagonal, unlike in `tmr`, which needs a threshold.
    """
    false, true = _rates(pairs)
    return np.interp(fmr, false[0, ::-1], true[0, ::-1])  # ascending


def d_sys(pairs: Histograms, n_bins: int) -> Floats:
    """Linkability, 0..1: how much likelier mated than not the scores of mated pairs are, at w = 1.

    In equal bins over the range of the levels (the authors' number is `n_equal_bins`), by the
    trapezoid rule over their middles: the first and the last bin count half.

    Source: Gomez-Barrero, Galbally, Rathgeb, Busch, IEEE TIFS 13 (2018), 1406-1420
        [gomezbarrero2018linkability].
    Differs from it: a bin with neither kind of pair counts nothing.
    """
    number, starts = np.unique(equal_bins(pairs.levels, n_bins), return_index=True)
    mated, nonmated = (np.add.reduceat(side, starts, axis=1) for side in _shares(pairs))
    either = mated + nonmated
    local = np.divide(mated - nonmated, either, out=np.zeros_like(either), where=either > 0)
    share = np.where((number == 0) | (number == n_bins - 1), 0.5, 1)  # of the trapezoid
    found = (mated * np.maximum(local, 0)) @ share
    return np.where(np.isnan(either[:, 0]), np.nan, found)


def n_equal_bins(pairs: Histograms) -> int:
    """A tenth of the mated pairs of a single weighting that counts each once, 100 at most."""
    return min(int(pairs.mated.sum()) // 10, 100)


def equal_bins(levels: Floats, n_bins: int) -> Ids:
    """The bin of each level, of equal bins over their range, (K,), 0..n_bins-1."""
    span = (levels[-1] - levels[0]) or 1.0
    place = (levels - levels[0]) / span * n_bins
    return np.asarray(np.clip(place, 0, n_bins - 1).astype(np.int64))


def _shares(pairs: Histograms) -> list[Floats]:
    """Both sides, each of total 1, (B, K)."""
    with np.errstate(invalid="ignore"):
        return [side / side.sum(axis=1, keepdims=True) for side in (pairs.mated, pairs.nonmated)]


def _rates(pairs: Histograms) -> tuple[Floats, Floats]:
    """FMR and TMR at each level as the threshold, and above all of them, (B, K + 1)."""
    false, true = (
        np.pad(np.cumsum(side[:, ::-1], axis=1)[:, ::-1], ((0, 0), (0, 1)))
        for side in (pairs.nonmated, pairs.mated)
    )
    with np.errstate(invalid="ignore"):  # counts are divided last: 3 of 30 is 0.1 to the last digit
        return false / false[:, :1], true / true[:, :1]


def _pav_cost(mated: Floats, nonmated: Floats) -> float:
    """Cllr with the posteriors of isotonic regression, both sides of total 1, (K,)."""
    from scipy.optimize import isotonic_regression  # here: it is slow to import

    weights = mated + nonmated
    if np.isnan(weights).any():
        return np.nan
    occurs = weights > 0
    mated, nonmated, weights = mated[occurs], nonmated[occurs], weights[occurs]
    posterior = isotonic_regression(mated / weights, weights=weights).x
    bits = special.xlogy(mated, posterior) + special.xlogy(nonmated, 1 - posterior)
    return max(0.0, float(-bits.sum() / (2 * np.log(2))))
