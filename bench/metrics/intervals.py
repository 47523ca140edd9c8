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
from bench.metrics.gaffke import bounds

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Statistic = Callable[[Floats], Floats]

CONFIDENCE = 0.95
MIN_PEOPLE_FOR_INTERVAL = 8  # of fewer, little is known
MANY_PEOPLE = 30  # from here on people are left out on the logit scale, see `_logit_error`
N_REPLICATES = 1000  # an interval computes a statistic at most so often
_N_AT_ONCE = 32  # weightings: they stay in the cache


def estimate(
    statistic: Statistic,
    person: Ids,
    chance: float,
    *,
    share: bool = True,
    pairs: bool = False,
    confidence: float = CONFIDENCE,
    weight: Floats | None = None,
) -> Estimate:
    """The statistic with an interval over people.

    Shares of pictures have Gaffke's bounds, of a person's values found by leaving people out.
    Shares of pairs (AUC) have Student's t on the jackknife over people on the logit scale, never
    narrower than Wilson's over the pairs of people. All else has Student's t on the jackknife. How
    often such intervals hold the truth: docs/intervals.md.

    Args:
        statistic: changes little without one person (thresholds set on the data do not).
        person: whose picture it is, (N,).
        chance: passed on.
        share: the value lies in 0..1.
        pairs: it compares pictures of different people: AUC, EER, correlation moved to 0..1.
        confidence: 0..1.
        weight: how much each picture counts in a share of pictures, (N,); None: all alike.

    Raises:
        ValueError: with fewer than MIN_PEOPLE_FOR_INTERVAL people.
    """
    found, _ = estimates(
        [statistic], person, chance, share=share, pairs=pairs, confidence=confidence, weight=weight
    )
    return found[0]


def estimates(
    statistics: Sequence[Statistic],
    person: Ids,
    chance: float,
    *,
    share: bool = True,
    pairs: bool = False,
    confidence: float = CONFIDENCE,
    weight: Floats | None = None,
) -> tuple[list[Estimate], Floats]:
    """Each statistic as by `estimate`, and all of them as by `left_out`, (P, S)."""
    n, n_people = len(person), len(np.unique(person))
    check_people(n_people)
    without, counts = _left_out(statistics, person, np.ones(n) if weight is None else weight)
    values = np.array([float(statistic(np.ones((1, n)))[0]) for statistic in statistics])
    if len(without) < 2:  # one person, or undefined without any one
        ends = np.full((len(values), 2), np.nan)
    elif share and not pairs:
        ends = _mean_ends(values, without, counts, confidence)
    elif share:
        n_pairs, each = n_people * (n_people - 1) // 2, zip(values, without.T, strict=True)
        ends = np.array([logit_ends(*one, 0.5 / n, n_pairs, confidence) for one in each])
    else:
        half = _quantile(without, confidence) * standard_error(without)
        ends = np.stack([values - half, values + half], axis=1)
    found = zip(values.tolist(), ends.tolist(), strict=True)
    return [Estimate(value, low, high, n, chance) for value, (low, high) in found], without


def check_people(n_people: int) -> None:
    """Raises a ValueError if people are too few for an interval."""
    if n_people < MIN_PEOPLE_FOR_INTERVAL:
        raise ValueError(
            f"expected {MIN_PEOPLE_FOR_INTERVAL} people or more for an interval, got {n_people}; "
            "add people"
        )


def weighted_mean(values: NDArray[np.generic]) -> Statistic:
    """The mean of numbers, (N,), as a function of weights."""
    numbers = values.astype(np.float64)
    return lambda weights: np.asarray(weights @ numbers / weights.sum(axis=1))


def wilson(n_hits: float, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's interval of a share of independent trials.

    Source: Wilson, JASA 22 (1927), 209-212 [wilson1927interval].
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
    return _left_out(statistics, person, np.ones(len(person)))[0]


def standard_error(values: Floats) -> Floats:
    """Of each statistic, by its values without each person in turn, (P, ...) -> (...).

    Source: Tukey's jackknife; Efron and Stein, Annals of Statistics 9 (1981), 586-596
        [efron1981jackknife].
    """
    deviations = values - values.mean(axis=0)
    return np.asarray(np.sqrt((1 - 1 / len(values)) * (deviations**2).sum(axis=0)))


def logit_ends(
    value: float, values: Floats, tiny: float, n_units: int, confidence: float
) -> tuple[float, float]:
    """Of a share of pairs, by its values without each person in turn, (P,).

    The longer tail is lengthened by the first term of the expansion of Student's t. Where no pair
    is wrong the jackknife sees no variation, hence Wilson's interval over n units: pairs of people,
    or people. Shares are kept a `tiny` number away from 0 and 1, so that their logits stay finite.

    Source: Hall, Journal of the Royal Statistical Society B 54 (1992), 221-228 [hall1992skewness].
    Differs from it: the shorter tail is left as long as Student's.
    """
    if len(values) < 2 or np.isnan(value):
        return np.nan, np.nan
    quantile = _quantile(values, confidence)
    error, skewness = _logit_error(values, value, tiny)
    longer = skewness / (6 * np.sqrt(len(values))) * (2 * quantile**2 + 1)
    middle = float(_logit(value, tiny))
    low, high = wilson(value * n_units, n_units, confidence)
    return (
        min(low, float(special.expit(middle - (quantile + max(-longer, 0)) * error))),
        max(high, float(special.expit(middle + (quantile + max(longer, 0)) * error))),
    )


def _left_out(
    statistics: Sequence[Statistic], person: Ids, weight: Floats
) -> tuple[Floats, Floats]:
    """As `left_out`, and the weight of each person or group of people, (P,)."""
    _, unit = np.unique(person, return_inverse=True)
    n_groups = min(int(unit.max()) + 1, N_REPLICATES)
    unit %= n_groups
    parts = np.array_split(np.arange(n_groups), -(-n_groups // _N_AT_ONCE))
    weights = ((unit != part[:, None]).astype(np.float64) for part in parts)
    with np.errstate(invalid="ignore"):
        values = np.concatenate([np.stack([s(w) for s in statistics], axis=1) for w in weights])
    defined = np.isfinite(values).all(axis=1)
    return values[defined], np.bincount(unit, weight)[defined]


def _mean_ends(values: Floats, without: Floats, weight: Floats, confidence: float) -> Floats:
    """Of shares of pictures, (S, 2), by their values without each person in turn, (P, S)."""
    odds = ((weight.sum() - weight) / weight)[:, None]  # of all others
    own = values + (values - without) * odds  # (P, S): a person's share right
    low, high = bounds(own, weight, confidence)
    ends = np.stack([np.minimum(low, values), np.maximum(high, values)], axis=1)
    return np.asarray(np.clip(ends, 0, 1))


def _quantile(values: Floats, confidence: float) -> float:
    """Of Student's t."""
    return float(special.stdtrit(len(values) - 1, 0.5 + confidence / 2))


def _logit_error(values: Floats, value: float, tiny: float) -> tuple[float, float]:
    """The standard error of the logit of a share and its skewness.

    Many people are left out on the logit scale, which is skewed as the errors of a few people are.
    Where one person may have all errors, or all hits, the logit without that person has no bounds,
    so the error of the share is multiplied by the logit's slope.
    """
    bounded = (values > tiny).all() and (values < 1 - tiny).all()
    if len(values) >= MANY_PEOPLE and bounded:
        logits = _logit(values, tiny)
        return float(standard_error(logits)), _skewness(logits)
    inside = np.clip(value, tiny, 1 - tiny)
    return float(standard_error(values) / (inside * (1 - inside))), 0.0


def _skewness(values: Floats) -> float:
    """Of what each person adds, by the values without each, (P,); 0 if all are equal."""
    deviations = values.mean() - values
    spread = float(np.sqrt((deviations**2).mean()))
    return float((deviations**3).mean() / spread**3) if spread > 0 else 0.0


def _logit(share: Floats | float, tiny: float) -> Floats:
    """The logit of a share that is kept so far from 0 and 1."""
    return np.asarray(special.logit(np.clip(share, tiny, 1 - tiny)))
