"""Intervals for numbers over pictures of people.

Pictures of one person are alike, so people are the units: either all pictures of a person are left
out, or none. A *statistic* is therefore a function of weights over the pictures, (B, N) -> (B,),
computed for many weightings at once.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.answers import Estimate

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Statistic = Callable[[Floats], Floats]

CONFIDENCE = 0.95
MANY_PEOPLE = 30  # from here on people are left out on the logit scale, see `_logit_error`
N_REPLICATES = 1000  # an interval computes a statistic at most so often
_N_AT_ONCE = 32  # weightings: they stay in the cache


def estimate(
    statistic: Statistic,
    person: Ids,
    chance: float,
    *,
    share: bool = True,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """The statistic with an interval over people.

    Student's t on the jackknife over people, for shares on the logit scale. The jackknife sees no
    variation where all answers are right, so the interval of a share is never narrower than
    Wilson's over the pictures. One person has no interval: low and high are nan. How often such
    intervals hold the truth: docs/metrics.md and tests/metrics/test_coverage.py.

    Args:
        statistic: changes little without one person (thresholds set on the data do not).
        person: whose picture it is, (N,).
        chance: passed on.
        share: the value lies in 0..1.
        confidence: 0..1.
    """
    found, _ = estimates([statistic], person, chance, share=share, confidence=confidence)
    return found[0]


def estimates(
    statistics: Sequence[Statistic],
    person: Ids,
    chance: float,
    *,
    share: bool = True,
    confidence: float = CONFIDENCE,
) -> tuple[list[Estimate], Floats]:
    """Each statistic as by `estimate`, and all of them as by `left_out`, (P, S)."""
    n = len(person)
    without = left_out(statistics, person)
    found = []
    for statistic, values in zip(statistics, without.T, strict=True):
        value = float(statistic(np.ones((1, n)))[0])
        low, high = _interval(value, values, n, share=share, confidence=confidence)
        found.append(Estimate(value, low, high, n, chance))
    return found, without


def weighted_mean(values: NDArray[np.generic]) -> Statistic:
    """The mean of numbers, (N,), as a function of weights."""
    numbers = values.astype(np.float64)
    return lambda weights: np.asarray(weights @ numbers / weights.sum(axis=1))


def wilson(n_hits: float, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's interval of a share of independent trials.

    Source: Wilson, JASA 22 (1927), 209-212.
    """
    z2 = special.ndtri(0.5 + confidence / 2) ** 2
    middle = (n_hits + z2 / 2) / (n + z2)
    half = np.sqrt(z2) / (n + z2) * np.sqrt(n_hits * (n - n_hits) / n + z2 / 4)
    return float(middle - half), float(middle + half)


def widened(found: Estimate, ends: tuple[float, float]) -> Estimate:
    """The estimate with an interval that reaches both ends."""
    return found._replace(low=min(found.low, ends[0]), high=max(found.high, ends[1]))


def left_out(statistics: Sequence[Statistic], person: Ids) -> Floats:
    """The values of the statistics without each person in turn, (P, S).

    More than 1000 people are left out in 1000 groups. Rows with an undefined value, such as that of
    a class without its only person, are dropped.
    """
    _, unit = np.unique(person, return_inverse=True)
    n_groups = min(int(unit.max()) + 1, N_REPLICATES)
    unit %= n_groups
    parts = np.array_split(np.arange(n_groups), -(-n_groups // _N_AT_ONCE))
    weights = ((unit != part[:, None]).astype(np.float64) for part in parts)
    with np.errstate(invalid="ignore"):
        values = np.concatenate([np.stack([s(w) for s in statistics], axis=1) for w in weights])
    return np.asarray(values[np.isfinite(values).all(axis=1)])


def standard_error(values: Floats) -> Floats:
    """Of each statistic, by its values without each person in turn, (P, ...) -> (...).

    Source: Tukey's jackknife; Efron and Stein, Annals of Statistics 9 (1981), 586-596.
    """
    deviations = values - values.mean(axis=0)
    return np.asarray(np.sqrt((1 - 1 / len(values)) * (deviations**2).sum(axis=0)))


def _interval(
    value: float, values: Floats, n: int, *, share: bool, confidence: float
) -> tuple[float, float]:
    if len(values) < 2 or np.isnan(value):
        return np.nan, np.nan
    quantile = special.stdtrit(len(values) - 1, 0.5 + confidence / 2)
    if not share:
        half = float(quantile * standard_error(values))
        return value - half, value + half
    middle, half = float(_logit(value, n)), float(quantile * _logit_error(values, value, n))
    low, high = (float(special.expit(end)) for end in (middle - half, middle + half))
    wilson_low, wilson_high = wilson(value * n, n, confidence)
    return min(low, wilson_low), max(high, wilson_high)


def _logit_error(values: Floats, value: float, n: int) -> float:
    """The standard error of the logit of a share.

    Many people are left out on the logit scale, which is skewed as the errors of a few people are.
    Where one person may have all errors, or all hits, the logit without that person has no bounds,
    so the error of the share is multiplied by the logit's slope.
    """
    bounded = (values > 0.5 / n).all() and (values < 1 - 0.5 / n).all()
    if len(values) >= MANY_PEOPLE and bounded:
        return float(standard_error(_logit(values, n)))
    inside = np.clip(value, 0.5 / n, 1 - 0.5 / n)
    return float(standard_error(values) / (inside * (1 - inside)))


def _logit(share: Floats | float, n: int) -> Floats:
    """The logit; a share of 0 or 1 is moved inwards by half a picture to keep it finite."""
    return np.asarray(special.logit(np.clip(share, 0.5 / n, 1 - 0.5 / n)))
