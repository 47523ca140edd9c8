"""How much of what an attacker gets without a defense it still gets."""

from typing import Literal

import numpy as np

from bench.answers import Answers, Estimate
from bench.metrics.accuracy import auc_statistic, top1_statistic
from bench.metrics.intervals import Floats, Statistic, estimate

Sign = Literal[1, -1]


def advantage_statistic(answers: Answers, sign: Sign = 1) -> Statistic:
    """What the attacker has over the best constant guess, as a function of weights.

    For two classes sign * (AUC - 0.5): an attacker that is wrong more often than not is inverted by
    anyone. For more, accuracy minus the commonest truth's share (of all pictures).
    """
    if answers.scores.shape[1] == 2:
        auc = auc_statistic(answers)
        return lambda weights: sign * (auc(weights) - 0.5)
    top1 = top1_statistic(answers)
    chance = np.bincount(answers.truth).max() / len(answers)
    return lambda weights: top1(weights) - chance


def advantage(answers: Answers) -> tuple[float, Sign]:
    """The attacker's advantage on these answers, and the sign to use it with."""
    plain = float(advantage_statistic(answers)(np.ones((1, len(answers))))[0])
    flipped: Sign = -1 if plain < 0 and answers.scores.shape[1] == 2 else 1
    return plain * flipped, flipped


def leakage(attack: Answers, sign: Sign, ceiling: Answers, ceiling_sign: Sign) -> Estimate:
    """The attack's advantage as a share of the best one without a defense.

    Unclipped: above 1, the defense adds information; below 0, the attack does worse than chance.

    Args:
        attack: answers about what the defense gives out.
        sign: chosen on validation rows.
        ceiling: the best attack's answers about the same rows without a defense.
        ceiling_sign: chosen likewise.

    Raises:
        ValueError: if the two did not answer about the same rows, or the best attack without a
            defense is not above chance: then nothing can be said to be hidden.
    """
    ceiling = _aligned(ceiling, attack)
    above, below = advantage_statistic(attack, sign), advantage_statistic(ceiling, ceiling_sign)
    best = estimate(below, ceiling.person, 0.0, share=False)
    if not best.value > 0 or best.low <= 0:
        raise ValueError(
            f"without a defense the best attack is not above chance (advantage {best.value:.3f}, "
            f"from {best.low:.3f}): use stronger attackers or more people"
        )

    def ratio(weights: Floats) -> Floats:
        return above(weights) / below(weights)

    return estimate(ratio, attack.person, 0.0, share=False)


def _aligned(answers: Answers, like: Answers) -> Answers:
    """The answers in the order of the other's rows."""
    if not np.array_equal(np.sort(answers.row), np.sort(like.row)):
        raise ValueError("leakage compares answers about the same rows; these differ")
    index = np.argsort(answers.row)[np.argsort(np.argsort(like.row))]
    return Answers(
        answers.scores[index], answers.truth[index], answers.person[index], answers.row[index]
    )
