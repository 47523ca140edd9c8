"""Verification: how well a matcher decides whether two pictures show the same person.

The interval is over people: percentiles of the bootstrap if 30 people or more have mated pairs,
else Student's t on the jackknife, on the logit scale. It is never narrower than Wilson's over the n
probe pictures with a mated pair: wider than needed for all but the TMR, but near 0 and 1 few people
show too little variation without it.
"""

import numpy as np
from scipy import special

from bench.answers import Estimate
from bench.metrics import curves
from bench.metrics.curves import Curve
from bench.metrics.intervals import CONFIDENCE, standard_error, wilson
from bench.metrics.pairs import Comparison

N_ERRORS = 30  # over different pairs of people; fewer support no FMR (rule of 30)


def auc(found: Comparison) -> Estimate:
    """Probability that a mated pair scores above a non-mated one; a tie counts half."""
    return _estimate(found, curves.auc, 0.5)


def eer(found: Comparison) -> Estimate:
    """Error where FMR = FNMR, on the ROC drawn with straight lines."""
    return _estimate(found, curves.eer, 0.5)


def tmr(found: Comparison, fmr: float) -> Estimate:
    """Share of mated pairs at or above the lowest threshold with this FMR or less on these pairs.

    Raises:
        ValueError: with fewer than 30 errors over different pairs of people: 25, 78 or 246 people
            for 10, 1 or 0.1 %.
    """
    if found.n_people_pairs * fmr < N_ERRORS:
        raise ValueError(
            f"expected {np.ceil(N_ERRORS / fmr):.0f} different pairs of people for FMR {fmr:g}, "
            f"got {found.n_people_pairs}; use a higher FMR or more people"
        )
    return _estimate(found, lambda pairs: curves.tmr(pairs, fmr), fmr)


def min_cllr(found: Comparison) -> Estimate:
    """Cost of log-likelihood ratios after the best monotone map, in bits; chance 1."""
    return _estimate(found, curves.min_cllr, 1.0)


def linkability(found: Comparison) -> Estimate:
    """D_sys; chance is its mean if people are permuted, above 0 as a histogram is biased upward.

    Raises:
        ValueError: with fewer than 20 mated pairs.
    """
    n_bins = curves.n_equal_bins(found.point)
    if n_bins < 2:
        raise ValueError(
            f"expected 20 mated pairs for linkability, got {found.point.mated.sum():.0f}; "
            "add pictures"
        )
    chance = float(np.nanmean(curves.d_sys(found.permuted, n_bins)))
    return _estimate(found, lambda pairs: curves.d_sys(pairs, n_bins), chance)


def _estimate(found: Comparison, curve: Curve, chance: float) -> Estimate:
    value, coarse = (float(curve(pairs)[0]) for pairs in (found.point, found.coarse))
    values = curve(found.resampled)
    values = values[np.isfinite(values)]
    if found.n_people < 2 or len(values) < 2:
        return Estimate(value, np.nan, np.nan, found.n, chance)
    if found.bootstrapped:  # coarse bins shift all replicates alike
        ends = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]) + value - coarse
    else:
        half = 0.5 / found.point.mated.sum()  # of a mated pair: keeps the logits of 0 and 1 finite
        logits, logit = (special.logit(np.clip(x, half, 1 - half)) for x in (values, value))
        quantile = special.stdtrit(found.n_people - 1, 0.5 + CONFIDENCE / 2)
        margin = quantile * standard_error(logits)
        ends = special.expit(np.array([logit - margin, logit + margin]))
    lows, highs = zip(ends.tolist(), wilson(value * found.n, found.n), strict=True)
    low, high = max(0.0, min(*lows, value)), min(1.0, max(*highs, value))
    return Estimate(value, low, high, found.n, chance)
