"""How well a matcher tells whether two pictures show one person.

Each metric takes a `comparison` and gives an interval over people: percentiles of the bootstrap if
30 people or more have mated pairs, else Student's t on the jackknife, on the logit scale. That of
a share is never narrower than Wilson's over the probe pictures with a mated pair, which are its n:
a wide floor for all but the TMR, but near 0 and 1 few people tell too little without it.
"""

from collections.abc import Callable

import numpy as np
from scipy import special

from bench.answers import Estimate
from bench.metrics import curves
from bench.metrics.curves import Curve, Histograms
from bench.metrics.intervals import CONFIDENCE, Floats, wilson
from bench.metrics.pairs import Comparison

N_ERRORS = 30  # over different pairs of people; fewer support no FMR (rule of 30)


def auc(found: Comparison) -> Estimate:
    """Probability that a mated pair scores above a non-mated one; a tie counts half."""
    return _estimate(found, curves.auc, 0.5)


def eer(found: Comparison) -> Estimate:
    """Error where FMR = FNMR, on the ROC drawn with straight lines."""
    return _estimate(found, curves.eer, 0.5)


def tmr(found: Comparison, fmr: float) -> Estimate:
    """Share of mated pairs accepted where `fmr` or less of the non-mated pairs are.

    The threshold is the lowest such one on these very pairs.

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


def cllr(found: Comparison, llr: Callable[[Floats], Floats]) -> Estimate:
    """Cost of the scores as likelihood ratios, in bits.

    Args:
        found: the comparison.
        llr: from scores, (K,), to natural log-likelihood ratios, fitted on other people.
    """

    def curve(pairs: Histograms) -> Floats:
        return curves.cllr(pairs._replace(levels=llr(pairs.levels)))

    return _estimate(found, curve, 1.0, share=False)


def min_cllr(found: Comparison) -> Estimate:
    """What `cllr` is after the best rising map of the scores, in bits; 1 = no information."""
    return _estimate(found, curves.min_cllr, 1.0)


def linkability(found: Comparison) -> Estimate:
    """D_sys; chance is its mean if people are permuted, above 0 as a histogram is biased upward.

    Raises:
        ValueError: with fewer than 20 mated pairs.
    """
    return _estimate(found, _linkability(found), float(np.nanmean(_by_chance(found))))


def linkability_by_chance(found: Comparison) -> float:
    """What D_sys stays below 19 times of 20 if people are permuted.

    Raises:
        ValueError: with fewer than 20 mated pairs.
    """
    return float(np.nanquantile(_by_chance(found), 0.95))


def _linkability(found: Comparison) -> Curve:
    n_bins = curves.n_equal_bins(found.point)
    if n_bins < 2:
        raise ValueError(
            f"expected 20 mated pairs for linkability, got {found.point.mated.sum():.0f}; "
            "add pictures"
        )
    return lambda pairs: curves.d_sys(pairs, n_bins)


def _by_chance(found: Comparison) -> Floats:
    """D_sys with people permuted, (B,)."""
    return _linkability(found)(found.permuted)


def _estimate(found: Comparison, curve: Curve, chance: float, *, share: bool = True) -> Estimate:
    value, coarse = (float(curve(pairs)[0]) for pairs in (found.point, found.coarse))
    values = curve(found.resampled)
    values = values[np.isfinite(values)]
    if found.n_people < 2 or len(values) < 2:
        return Estimate(value, np.nan, np.nan, found.n, chance)
    if found.bootstrapped:  # coarse bins shift all replicates alike
        low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        low, high = low + value - coarse, high + value - coarse
    else:
        low, high = _jackknife(values, value, found, share)
    if share:
        wilson_low, wilson_high = wilson(value * found.n, found.n)
        low = max(0.0, min(low, wilson_low, value))
        high = min(1.0, max(high, wilson_high, value))
    return Estimate(value, float(low), float(high), found.n, chance)


def _jackknife(values: Floats, value: float, found: Comparison, share: bool) -> tuple[float, float]:
    """Student's t from the values without each person in turn, (P,)."""
    n_people, half = len(values), 0.5 / found.point.mated.sum()
    if share:  # half a mated pair inside, or the logit of 0 or 1 would be infinite
        values, value = (special.logit(np.clip(x, half, 1 - half)) for x in (values, value))
    error = np.sqrt((n_people - 1) / n_people * np.sum((values - values.mean()) ** 2))
    reach = special.stdtrit(found.n_people - 1, 0.5 + CONFIDENCE / 2) * error
    ends = np.array([value - reach, value + reach])
    low, high = special.expit(ends) if share else ends
    return float(low), float(high)
