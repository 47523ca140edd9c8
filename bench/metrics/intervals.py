"""95 % intervals for numbers over pictures of people.

Pictures of one person are alike, so people are the units: what is resampled or left out is always
all of a person. A *statistic* is therefore a function of weights over the pictures, (B, N) -> (B,),
computed for many weightings at once.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.answers import Estimate

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Statistic = Callable[[Floats], Floats]

CONFIDENCE = 0.95
MANY_PEOPLE = 30  # from here on the bootstrap over people; below, t over people left out in turn
N_REPLICATES = 1000
_SEED = 20180615  # of the bootstrap's draws: a view repeats to the last digit


def estimate(statistic: Statistic, person: Ids, chance: float, *, share: bool = True) -> Estimate:
    """The statistic with an interval over people.

    With at least 30 people: percentiles of the bootstrap over people. With fewer: Student's t on
    the jackknife over people, on the logit scale for shares. Neither sees anything where all people
    are alike (all answers right), so the interval of a share is never narrower than Wilson's over
    the pictures. One person has no interval: low and high are nan.

    Args:
        statistic: weights over pictures, (B, N), to values, (B,).
        person: whose picture it is, (N,).
        chance: passed on.
        share: the value lies in 0..1.
    """
    n = len(person)
    value = float(statistic(np.ones((1, n)))[0])
    _, unit = np.unique(person, return_inverse=True)
    n_people = int(unit.max()) + 1
    if n_people < 2 or np.isnan(value):
        return Estimate(value, np.nan, np.nan, n, chance)
    if n_people >= MANY_PEOPLE:
        low, high = _bootstrap(statistic, unit, n_people)
    else:
        low, high = _jackknife(statistic, unit, n_people, value, share)
    if share:
        wilson_low, wilson_high = wilson(value * n, n)
        low, high = min(low, wilson_low), max(high, wilson_high)
    return Estimate(value, low, high, n, chance)


def wilson(n_hits: float, n: int) -> tuple[float, float]:
    """Wilson's interval of a share of independent trials.

    Source: Wilson, JASA 22 (1927), 209-212.
    """
    z2 = special.ndtri(0.5 + CONFIDENCE / 2) ** 2
    middle = (n_hits + z2 / 2) / (n + z2)
    half = np.sqrt(z2) / (n + z2) * np.sqrt(n_hits * (n - n_hits) / n + z2 / 4)
    return float(middle - half), float(middle + half)


def _bootstrap(statistic: Statistic, unit: Ids, n_people: int) -> tuple[float, float]:
    rng = np.random.default_rng(_SEED)
    counts = rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=N_REPLICATES)
    values = np.concatenate(
        [statistic(part[:, unit].astype(np.float64)) for part in np.array_split(counts, 20)]
    )
    low, high = np.nanquantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _jackknife(
    statistic: Statistic, unit: Ids, n_people: int, value: float, share: bool
) -> tuple[float, float]:
    n, left_out = len(unit), 1.0 - np.eye(n_people)
    values = statistic(left_out[:, unit])  # (P,)
    values = values[np.isfinite(values)]  # without its only person a class has no value
    if len(values) < 2:
        return np.nan, np.nan
    n_people = len(values)
    if share:  # a share of 0 or 1 lies half a picture inside, or its logit would be infinite
        values, value = (special.logit(np.clip(x, 0.5 / n, 1 - 0.5 / n)) for x in (values, value))
    error = np.sqrt((n_people - 1) / n_people * np.sum((values - values.mean()) ** 2))
    half = special.stdtrit(n_people - 1, 0.5 + CONFIDENCE / 2) * error
    ends = np.array([value - half, value + half])
    low, high = special.expit(ends) if share else ends
    return float(low), float(high)
