"""Leakage: the share of the undefended attack's advantage that is left."""

from bench.answers import AnyAnswers, Estimate
from bench.metrics.advantage import (
    Sign,
    aligned,
    beyond_chance,
    guessed,
    over_pairs,
    right_statistic,
)
from bench.metrics.intervals import CONFIDENCE, estimates
from bench.metrics.ratio_intervals import correlation, ratio_ends


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
