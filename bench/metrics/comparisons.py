"""Comparisons of attackers on the same people: difference, leakage and worst case.

A person is left out for all of them at once, so the difficulty of a person cancels.
"""

from collections.abc import Sequence

import numpy as np
from scipy import special

from bench.answers import AnyAnswers, Estimate
from bench.metrics.advantage import (
    Sign,
    aligned,
    beyond_chance,
    guessed,
    over_pairs,
    right_statistic,
)
from bench.metrics.intervals import CONFIDENCE, Floats, estimates
from bench.metrics.ratio_intervals import correlation, difference_ends, ratio_ends

_N_DRAWS = 50_000  # the 95 % point of a maximum to half a percent
_SEED = 20180615  # of these draws, so that results repeat exactly


def difference(
    first: AnyAnswers,
    second: AnyAnswers,
    signs: tuple[Sign, Sign] = (1, 1),
    *,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """The share that the first gets right minus that of the second, on the same pictures.

    Signs are those to read the scores with, see `right_statistic`.

    Raises:
        ValueError: if the answers are about different pictures.
    """
    both = right_statistic(first, signs[0]), right_statistic(aligned(second, first), signs[1])
    pairs = over_pairs(first)
    found, without = estimates(both, first.person, np.nan, pairs=pairs, confidence=confidence)
    one, two = found
    low, high = difference_ends(one, two, correlation(without))
    return Estimate(one.value - two.value, low, high, len(first), np.nan)


def leakage(
    attack: AnyAnswers,
    sign: Sign,
    ceiling: AnyAnswers,
    ceiling_sign: Sign,
    *,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """The attack's advantage as a share of the best one without a defense, on the same pictures.

    Signs are those chosen on validation pictures. Unclipped: above 1, the defense adds information;
    below 0, the attack does worse than chance. The leakage of the ceiling itself is exactly 1.

    How often the interval holds the truth: docs/intervals.md.

    Raises:
        ValueError: if the answers are about different pictures, or the best attack without a
            defense is not above chance.
    """
    itself = attack is ceiling and sign == ceiling_sign
    ceiling = aligned(ceiling, attack)
    rights = right_statistic(attack, sign), right_statistic(ceiling, ceiling_sign)
    chance, pairs = guessed(attack), over_pairs(attack)
    found, without = estimates(rights, attack.person, chance, pairs=pairs, confidence=confidence)
    above, best = map(beyond_chance, found)
    if not best.value > 0 or best.low <= 0:
        raise ValueError(
            f"expected an attack above chance without a defense, got an advantage of "
            f"{best.value:.3f} from {best.low:.3f}; use stronger attackers or more people"
        )
    if itself:
        return Estimate(1.0, 1.0, 1.0, len(attack), 0.0)
    low, high = ratio_ends(above, best, correlation(without))
    return Estimate(above.value / best.value, low, high, len(attack), 0.0)


def worst_case(answers: Sequence[AnyAnswers], signs: Sequence[Sign]) -> Estimate:
    """The largest advantage of several attackers, chosen on the pictures that it is reported on.

    The value is the largest one observed, so it is biased upwards. The interval is of the largest
    true advantage. Its low end allows for the choice (the best of all lower ends that hold
    together); its high end need not: the truly worst attacker lies below its own upper end.
    Answers may be given twice, with both signs (see `right_statistic`), to choose the sign as well.

    Raises:
        ValueError: if the answers are about different pictures.

    Source: Chernozhukov, Lee and Rosen, Econometrica 81 (2013), 667-737 [chernozhukov2013bounds]
        (bounds by maxima); Hothorn, Bretz and Westfall, Biometrical Journal 50 (2008), 346-363
        [hothorn2008tests] (multivariate t).
    """
    like, chance, pairs = answers[0], guessed(answers[0]), over_pairs(answers[0])
    signed = zip(answers, signs, strict=True)
    rights = [right_statistic(aligned(each, like), sign) for each, sign in signed]
    alone, without = estimates(rights, like.person, chance, pairs=pairs)
    confidence = _joint_confidence(without)
    jointly, _ = estimates(rights, like.person, chance, pairs=pairs, confidence=confidence)
    value, high = (max(getattr(each, end) for each in alone) for end in ("value", "high"))
    low = max(each.low for each in jointly)
    return beyond_chance(Estimate(value, low, high, len(like), chance))


def _joint_confidence(values_left_out: Floats) -> float:
    """The confidence of each interval with which all low ends hold at once with 95 %.

    By the maximum of Student's t that are correlated as the statistics, (P, S), are over people.
    """
    n_people = len(values_left_out)
    if n_people < 2:
        return CONFIDENCE
    rng = np.random.default_rng(_SEED)
    highest = _drawn(rng, values_left_out).max(axis=1)
    spread = np.sqrt(rng.chisquare(n_people - 1, _N_DRAWS) / (n_people - 1))
    critical = np.quantile(highest / spread, 0.5 + CONFIDENCE / 2)
    return float(2 * special.stdtr(n_people - 1, critical) - 1)


def _drawn(rng: np.random.Generator, values_left_out: Floats) -> Floats:
    """Normal numbers, (draws, S), correlated as the statistics are over people, (P, S)."""
    deviations = values_left_out - values_left_out.mean(axis=0)
    length = np.linalg.norm(deviations, axis=0)
    deviations = deviations / np.where(length > 0, length, 1)  # (P, S)
    zeros, covariance = np.zeros(deviations.shape[1]), deviations.T @ deviations
    return rng.multivariate_normal(zeros, covariance, size=_N_DRAWS, method="eigh")
