"""Two or more answers to one question: their difference, the worst of them, their ranks.

People are left out for all of them at once, so the difficulty of a person cancels.
"""

from collections.abc import Sequence

import numpy as np
from scipy import special

from bench.answers import AnyAnswers, Estimate
from bench.metrics.advantage import Sign, aligned, guessed, right_statistic
from bench.metrics.intervals import CONFIDENCE, Floats, estimates, standard_error
from bench.metrics.ratio_intervals import correlation, difference_ends

_N_DRAWS = 50_000  # the 95 % point of a maximum to half a percent
_SEED = 20180615  # of these draws: a view repeats to the last digit


def difference(
    first: AnyAnswers,
    second: AnyAnswers,
    signs: tuple[Sign, Sign] = (1, 1),
    *,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """How much more the first gets right than the second, about the same pictures.

    Args:
        first: the answers.
        second: others about the same pictures, in any order.
        signs: to read them with, see `right_statistic`.
        confidence: 0..1.

    Raises:
        ValueError: if the two did not answer about the same pictures.
    """
    both = [
        right_statistic(answers, sign)
        for answers, sign in zip((first, aligned(second, first)), signs, strict=True)
    ]
    (one, two), without = estimates(both, first.person, np.nan, confidence=confidence)
    low, high = difference_ends(one, two, correlation(without))
    return Estimate(one.value - two.value, low, high, len(first), np.nan)


def worst_case(
    answers: Sequence[AnyAnswers], signs: Sequence[Sign], *, confidence: float = CONFIDENCE
) -> Estimate:
    """The largest advantage of several attackers, chosen on the pictures that it is reported on.

    The value is the largest one seen and so biased upwards: chance chooses, too. The interval is of
    the largest true advantage. Its low end allows for the choice (the best of all lower ends that
    hold together); its high end need not, for whoever is truly worst lies below an own upper end.

    Args:
        answers: of each attacker about the same pictures; given twice, to choose the sign as well.
        signs: to read each one's scores with, see `advantage_statistic`.
        confidence: 0..1.

    Raises:
        ValueError: if the attackers did not answer about the same pictures.

    Source: Chernozhukov, Lee and Rosen, Econometrica 81 (2013), 667-737 (bounds by maxima);
        Hothorn, Bretz and Westfall, Biometrical Journal 50 (2008), 346-363 (multivariate t).
    """
    like, chance = answers[0], guessed(answers[0])
    rights = [
        right_statistic(aligned(each, like), sign)
        for each, sign in zip(answers, signs, strict=True)
    ]
    alone, without = estimates(rights, like.person, chance, confidence=confidence)
    together = _together(without, confidence)
    jointly, _ = estimates(rights, like.person, chance, confidence=together)
    value, high = (max(getattr(each, end) for each in alone) for end in ("value", "high"))
    low = max(each.low for each in jointly)
    return Estimate(value - chance, low - chance, high - chance, len(like), 0.0)


def ranks(
    values: Floats, values_left_out: Floats, *, confidence: float = CONFIDENCE
) -> list[tuple[int, int]]:
    """Between which ranks each of several defenses lies; 1 has the largest value.

    One stands above another only if the interval of their difference leaves out 0, with the doubt
    shared out over all pairs (Bonferroni); so with the given confidence all ranks hold at once.
    Defenses that cannot be told apart share theirs.

    Args:
        values: of each defense, larger is better (of leakage, its negative), (D,).
        values_left_out: the same without each person in turn, as of `left_out`, (P, D).
        confidence: 0..1.

    Raises:
        ValueError: if fewer than two people were left out.

    Source: Mogstad, Romano, Shaikh and Wilhelm, Review of Economic Studies 91 (2024), 476-518.
    """
    first, second = np.triu_indices(len(values), 1)
    apart = values_left_out[:, first] - values_left_out[:, second]  # (P, pairs)
    if len(apart) < 2:
        raise ValueError("expected two people or more to rank defenses, got one")
    doubt = (1 - confidence) / 2 / max(len(first), 1)  # Bonferroni: shared out over the pairs
    critical = -special.stdtrit(len(apart) - 1, doubt)
    gap = values[first] - values[second]
    differs = np.abs(gap) > critical * standard_error(apart)
    better = np.zeros((len(values), len(values)), bool)  # [i, j]: i stands above j
    better[first, second], better[second, first] = differs & (gap > 0), differs & (gap < 0)
    lows, highs = 1 + better.sum(axis=0), len(values) - better.sum(axis=1)
    return [(int(low), int(high)) for low, high in zip(lows, highs, strict=True)]


def _together(values_left_out: Floats, confidence: float) -> float:
    """The confidence of each interval with which all low ends hold at once as one would alone.

    By the largest of Student's t that go together as the statistics do over people.
    """
    n_people, n_statistics = values_left_out.shape
    if n_people < 2:
        return confidence
    apart = values_left_out - values_left_out.mean(axis=0)
    length = np.linalg.norm(apart, axis=0)
    apart = apart / np.where(length > 0, length, 1)  # (P, S)
    rng, still = np.random.default_rng(_SEED), np.zeros(n_statistics)
    normal = rng.multivariate_normal(still, apart.T @ apart, size=_N_DRAWS, method="eigh")
    spread = np.sqrt(rng.chisquare(n_people - 1, _N_DRAWS) / (n_people - 1))
    critical = np.quantile(normal.max(axis=1) / spread, 0.5 + confidence / 2)
    return float(2 * special.stdtr(n_people - 1, critical) - 1)
