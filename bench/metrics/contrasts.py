"""What an attack shows: whether it surely finds something, and how much it surely does not find."""

from contextlib import suppress
from typing import NamedTuple

import numpy as np
from scipy import special

from bench.answers import Answers, AnyAnswers
from bench.metrics.advantage import aligned
from bench.metrics.intervals import Floats, Ids, Statistic
from bench.metrics.separability import (
    Units,
    relabelled_statistic,
    separability_statistic,
    standard_errors,
    without_each,
)

NOTHING = 0.02  # an S up to this is not a finding, however sure
MARGIN = 0.10  # the share of S without a defense that a hidden secret must stay below
LEVEL = 0.05  # of the one-sided ends
MIN_UNITS = 12  # of the rarest class, times the number of classes; of fewer, errors are not known


class Contrast(NamedTuple):
    """One reading of an attack's answers, beside the best attack without a defense."""

    reading: str  # `as given`, `inverted` or `relabelled` (see `relabelled_statistic`)
    value: float  # S of that reading
    p: float  # of the hypothesis that S is at most NOTHING, one-sided
    excess: float  # S less the margin, a share of S without a defense
    low: float  # one-sided 95 % end of the excess, paired by unit
    high: float  # likewise
    ceiling: float  # S without a defense
    n_units: int  # how many


def contrasts(
    attack: AnyAnswers,
    unit: Ids,
    stratum: Ids,
    ceiling: AnyAnswers | None = None,
    margin: float = MARGIN,
) -> list[Contrast]:
    """All readings of an attack; `ceiling` are the best attack's answers without a defense.

    `unit` and `stratum` as in Units. Two classes, numbers and templates can be read in two ways;
    of more classes a relabelling is a third. Without a ceiling the margin is 0.

    Raises:
        ValueError: if a class is missing, the ceiling is about other pictures, or there are too
            few units for an interval.
    """
    units = Units(unit, stratum)
    _check_units(attack, units)
    plain = separability_statistic(attack)
    readings: dict[str, Statistic] = {"as given": plain, "inverted": lambda w: -plain(w)}
    if isinstance(attack, Answers) and attack.scores.shape[1] > 2:
        with suppress(ValueError):  # too few units to learn a relabelling from
            readings["relabelled"] = relabelled_statistic(attack, units)
    best = _zero if ceiling is None else separability_statistic(aligned(ceiling, attack))
    values, without, strata = without_each([*readings.values(), best], units)
    errors, freedom = standard_errors(without[:, :-1], strata)
    spread, _ = standard_errors(without[:, :-1] - margin * without[:, -1:], strata)
    excess = values[:-1] - margin * values[-1]
    half = special.stdtrit(freedom, 1 - LEVEL) * spread
    tiny = np.maximum(errors, 1e-12)  # without spread a finding is certain
    p = special.stdtr(freedom, (NOTHING - values[:-1]) / tiny)
    ends = np.stack([values[:-1], p, excess, excess - half, excess + half], axis=1).tolist()
    return [
        Contrast(name, value, p, over, low, high, float(values[-1]), len(without))
        for name, (value, p, over, low, high) in zip(readings, ends, strict=True)
    ]


def _check_units(attack: AnyAnswers, units: Units) -> None:
    first = np.unique(units.unit, return_index=True)[1]
    if not isinstance(attack, Answers):
        if len(first) < MIN_UNITS:
            raise ValueError(f"expected {MIN_UNITS} units or more, got {len(first)}")
        return
    _, n_units = np.unique(attack.truth[first], return_counts=True)
    if n_units.min() < 2 or n_units.min() * len(n_units) < MIN_UNITS:
        raise ValueError(
            f"expected {max(2, -(-MIN_UNITS // len(n_units)))} people or takes of each class, got "
            f"{n_units.min()} of the rarest"
        )


def _zero(weights: Floats) -> Floats:
    return np.zeros(len(weights))
