"""Comparisons of attackers or defenses on the same people: difference, worst case, ranks.

A person is left out for all of them at once, so the difficulty of a person cancels.
"""

from collections.abc import Sequence

import numpy as np
from scipy import special

from bench.answers import AnyAnswers, Estimate
from bench.metrics.advantage import Sign, aligned, beyond_chance, guessed, right_statistic
from bench.metrics.intervals import CONFIDENCE, Floats, estimates, left_out, standard_error
from bench.metrics.ratio_intervals import correlation, difference_ends

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
    (one, two), without = estimates(both, first.person, np.nan, confidence=confidence)
    low, high = difference_ends(one, two, correlation(without))
    return Estimate(one.value - two.value, low, high, len(first), np.nan)


def worst_case(answers: Sequence[AnyAnswers], signs: Sequence[Sign]) -> Estimate:
    """The largest advantage of several attackers, chosen on the pictures that it is reported on.

    The value is the largest one observed, so it is biased upwards. The interval is of the largest
    true advantage. Its low end allows for the choice (the best of all lower ends that hold
    together); its high end need not: the truly worst attacker lies below its own upper end.
    Answers may be given twice, with both signs (see `right_statistic`), to choose the sign as well.

    Raises:
        ValueError: if the answers are about different pictures.

    Source: Chernozhukov, Lee and Rosen, Econometrica 81 (2013), 667-737 (bounds by maxima);
        Hothorn, Bretz and Westfall, Biometrical Journal 50 (2008), 346-363 (multivariate t).
    """
    like, chance = answers[0], guessed(answers[0])
    signed = zip(answers, signs, strict=True)
    rights = [right_statistic(aligned(each, like), sign) for each, sign in signed]
    alone, without = estimates(rights, like.person, chance)
    confidence = _joint_confidence(without)
    jointly, _ = estimates(rights, like.person, chance, confidence=confidence)
    value, high = (max(getattr(each, end) for each in alone) for end in ("value", "high"))
    low = max(each.low for each in jointly)
    return beyond_chance(Estimate(value, low, high, len(like), chance))


def places(answers: Sequence[AnyAnswers], signs: Sequence[Sign]) -> list[Estimate]:
    """The rank of each of several defenses by the share that an attack gets right, lowest first.

    The interval is by `ranks`.

    Raises:
        ValueError: if the answers are about different pictures, or about one person.
    """
    like = answers[0]
    signed = zip(answers, signs, strict=True)
    rights = [right_statistic(aligned(each, like), sign) for each, sign in signed]
    values = -np.array([float(right(np.ones((1, len(like))))[0]) for right in rights])
    intervals = ranks(values, -left_out(rights, like.person))
    order = np.argsort(np.argsort(-values, kind="stable"), kind="stable") + 1
    return [
        Estimate(float(place), float(low), float(high), len(like), np.nan)
        for place, (low, high) in zip(order, intervals, strict=True)
    ]


def ranks(values: Floats, values_left_out: Floats) -> list[tuple[int, int]]:
    """The lowest and highest rank of each of several defenses; 1 has the largest value.

    One ranks above another only if the interval of their difference excludes 0, with Bonferroni's
    correction over all pairs, so that all ranks hold at once with 95 % confidence. Others share
    their ranks. Values are (D,), and without each person in turn (P, D), as of `left_out`.

    Raises:
        ValueError: if fewer than two people were left out.

    Source: Mogstad, Romano, Shaikh and Wilhelm, Review of Economic Studies 91 (2024), 476-518.
    """
    first, second = np.triu_indices(len(values), 1)
    gaps_left_out = values_left_out[:, first] - values_left_out[:, second]  # (P, pairs)
    if len(gaps_left_out) < 2:
        raise ValueError("expected two people or more to rank defenses, got one")
    alpha = (1 - CONFIDENCE) / 2 / max(len(first), 1)  # Bonferroni
    critical = -special.stdtrit(len(gaps_left_out) - 1, alpha)
    gap = values[first] - values[second]
    differs = np.abs(gap) > critical * standard_error(gaps_left_out)
    better = np.zeros((len(values), len(values)), bool)  # [i, j]: i ranks above j
    better[first, second], better[second, first] = differs & (gap > 0), differs & (gap < 0)
    lows, highs = 1 + better.sum(axis=0), len(values) - better.sum(axis=1)
    return [(int(low), int(high)) for low, high in zip(lows, highs, strict=True)]


def _joint_confidence(values_left_out: Floats) -> float:
    """The confidence of each interval with which all low ends hold at once with 95 %.

    By the maximum of Student's t that are correlated as the statistics, (P, S), are over people.
    """
    n_people, n_statistics = values_left_out.shape
    if n_people < 2:
        return CONFIDENCE
    deviations = values_left_out - values_left_out.mean(axis=0)
    length = np.linalg.norm(deviations, axis=0)
    deviations = deviations / np.where(length > 0, length, 1)  # (P, S)
    rng, zeros = np.random.default_rng(_SEED), np.zeros(n_statistics)
    covariance = deviations.T @ deviations
    normal = rng.multivariate_normal(zeros, covariance, size=_N_DRAWS, method="eigh")
    spread = np.sqrt(rng.chisquare(n_people - 1, _N_DRAWS) / (n_people - 1))
    critical = np.quantile(normal.max(axis=1) / spread, 0.5 + CONFIDENCE / 2)
    return float(2 * special.stdtr(n_people - 1, critical) - 1)
