"""Metrics of two weighted histograms of scores: of pairs of one person, and of pairs of two.

Each is a function of B weightings at once, Histograms -> (B,); nan where one side has no weight.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from bench.metrics.intervals import Floats, Ids


class Histograms(NamedTuple):
    """How much weight lies at each level of score; higher is likelier one person.

    Attributes:
        levels: float64, (K,), ascending.
        mated, nonmated: float64, (B, K): weight of the pairs of one person and of two.
    """

    levels: Floats
    mated: Floats
    nonmated: Floats


Curve = Callable[[Histograms], Floats]


def histograms(mated: ArrayLike, nonmated: ArrayLike) -> Histograms:
    """One weighting, (1, K), with a level for each score that occurs.

    Args:
        mated: scores, (M,).
        nonmated: scores, (N,).

    Raises:
        ValueError: if either is empty or not finite.
    """
    sides = [np.asarray(side, np.float64) for side in (mated, nonmated)]
    if not all(len(side) and np.isfinite(side).all() for side in sides):
        n_bad = sum(int((~np.isfinite(side)).sum()) for side in sides)
        raise ValueError(
            f"expected finite scores of mated and of non-mated pairs, got {len(sides[0])} and "
            f"{len(sides[1])}, {n_bad} of them not finite; fix the matcher or add pairs"
        )
    levels, index = np.unique(np.concatenate(sides), return_inverse=True)
    counts = [
        np.bincount(part, minlength=len(levels)).astype(np.float64)[None]  # (1, K)
        for part in np.split(index, [len(sides[0])])
    ]
    return Histograms(levels, *counts)


def auc(pairs: Histograms) -> Floats:
    """Probability that a mated pair scores above a non-mated one; a tie counts half."""
    beaten = np.cumsum(pairs.nonmated, axis=1) - pairs.nonmated / 2
    n_compared = pairs.mated.sum(axis=1) * pairs.nonmated.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray((pairs.mated * beaten).sum(axis=1) / n_compared)


def eer(pairs: Histograms) -> Floats:
    """Error at the threshold where FMR = FNMR.

    Between neighbouring thresholds both rates are interpolated linearly, so this is where the ROC
    drawn with straight lines (not its convex hull) crosses the diagonal.
    """
    fmr, tmr = _rates(pairs)
    excess = fmr + tmr - 1  # FMR - FNMR: from 1 down to -1
    after = np.maximum(1, (excess <= 0).argmax(axis=1))[:, None]
    (x0, x1), (y0, y1) = (
        (np.take_along_axis(rate, after - 1, 1), np.take_along_axis(rate, after, 1))
        for rate in (excess, fmr)
    )
    return np.asarray((y0 + (y1 - y0) * x0 / (x0 - x1))[:, 0])


def tmr(pairs: Histograms, fmr: float) -> Floats:
    """Share of mated pairs at or above the lowest threshold that passes `fmr` or less of others."""
    false, true = _rates(pairs)
    lowest = (false <= fmr).argmax(axis=1)[:, None]
    found = np.take_along_axis(true, lowest, axis=1)[:, 0]
    return np.where(np.isnan(false[:, 0]), np.nan, found)


def cllr(pairs: Histograms) -> Floats:
    """Cost of the scores as log-likelihood ratios (natural logarithm), in bits; may exceed 1.

    Source: Bruemmer, du Preez, Computer Speech and Language 20 (2006), 230-275.
    """
    mated, nonmated = _shares(pairs)
    missed = np.logaddexp(0, -pairs.levels) / np.log(2)  # (K,)
    alarm = np.logaddexp(0, pairs.levels) / np.log(2)
    return np.asarray((mated @ missed + nonmated @ alarm) / 2)


def min_cllr(pairs: Histograms) -> Floats:
    """`cllr` after the best rising map from scores to log-likelihood ratios (PAV), in bits, 0..1.

    Source: Bruemmer, du Preez, Computer Speech and Language 20 (2006), 230-275.
    """
    return np.array([_pav_cost(*sides) for sides in zip(*_shares(pairs), strict=True)])


def d_sys(pairs: Histograms, n_bins: int) -> Floats:
    """Linkability, 0..1: how much likelier mated than not the scores of mated pairs are, at w = 1.

    Source: Gomez-Barrero, Galbally, Rathgeb, Busch, IEEE TIFS 13 (2018), 1406-1420.
    Differs from it: densities fall to 0 one bin beyond either end, so that the trapezoid loses
        nothing of the outer bins; a bin without mated pairs counts nothing.

    Args:
        pairs: their levels span the scores' range.
        n_bins: equal bins over that range; the authors' choice is `n_equal_bins`.
    """
    starts = np.unique(equal_bins(pairs.levels, n_bins), return_index=True)[1]
    mated, nonmated = (np.add.reduceat(side, starts, axis=1) for side in _shares(pairs))
    either = mated + nonmated
    local = np.divide(mated - nonmated, either, out=np.zeros_like(either), where=either > 0)
    found = (mated * np.maximum(local, 0)).sum(axis=1)
    return np.where(np.isnan(either[:, 0]), np.nan, found)


def n_equal_bins(pairs: Histograms) -> int:
    """A tenth of the mated pairs of a single weighting that counts each once, 100 at most."""
    return min(int(pairs.mated.sum()) // 10, 100)


def equal_bins(levels: Floats, n_bins: int) -> Ids:
    """In which of the equal bins over their range the levels lie, (K,), 0..n_bins-1."""
    span = (levels[-1] - levels[0]) or 1.0
    place = (levels - levels[0]) / span * n_bins
    return np.asarray(np.clip(place, 0, n_bins - 1).astype(np.int64))


def _shares(pairs: Histograms) -> tuple[Floats, Floats]:
    """Both sides, each of total 1, (B, K)."""
    with np.errstate(invalid="ignore"):
        mated, nonmated = (
            side / side.sum(axis=1, keepdims=True) for side in (pairs.mated, pairs.nonmated)
        )
    return mated, nonmated


def _rates(pairs: Histograms) -> tuple[Floats, Floats]:
    """FMR and TMR at each level as the threshold, and above all of them, (B, K + 1)."""
    false, true = (
        np.pad(np.cumsum(side[:, ::-1], axis=1)[:, ::-1], ((0, 0), (0, 1)))
        for side in (pairs.nonmated, pairs.mated)
    )
    with np.errstate(invalid="ignore"):  # counts are divided last: 3 of 30 is 0.1 to the last digit
        return false / false[:, :1], true / true[:, :1]


def _pav_cost(mated: Floats, nonmated: Floats) -> float:
    """`cllr` with the posteriors of isotonic regression, both sides of total 1, (K,)."""
    weights = mated + nonmated
    if np.isnan(weights).any():
        return np.nan
    seen = weights > 0
    mated, nonmated, weights = mated[seen], nonmated[seen], weights[seen]
    posterior = optimize.isotonic_regression(mated / weights, weights=weights).x
    bits = special.xlogy(mated, posterior) + special.xlogy(nonmated, 1 - posterior)
    return max(0.0, float(-bits.sum() / (2 * np.log(2))))
