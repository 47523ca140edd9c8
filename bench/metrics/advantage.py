"""What an attacker gets right beyond a guess: one scale for all kinds of answers."""

from dataclasses import replace
from typing import Literal

import numpy as np

from bench.answers import Answers, Numbers, Said, Templates
from bench.metrics.accuracy import auc_statistic, top1_statistic
from bench.metrics.intervals import Statistic
from bench.metrics.matching import matching_statistic
from bench.metrics.similarity import correlation_statistic

Sign = Literal[1, -1]


def right_statistic(said: Said, sign: Sign = 1) -> Statistic:
    """The share that an attacker gets right, as a function of weights over the pictures.

    For more than two classes accuracy. Else a share that is one half for a guess, and one minus
    itself where sign is -1, for an attacker that is wrong more often than not is inverted by
    anyone: AUC for two classes and for templates (over pairs of pictures), (1 + r) / 2 for numbers,
    r Pearson's correlation.

    Raises:
        ValueError: if one class, or one kind of pair, does not occur, or numbers do not vary.
    """
    if not _inverts(said):
        return top1_statistic(said)  # type: ignore[arg-type]  # only answers do not invert
    plain = _half_for_a_guess(said)
    return plain if sign == 1 else lambda weights: 1 - plain(weights)


def guessed(said: Said) -> float:
    """What the best constant guess gets right: one half, or the commonest class's share."""
    if isinstance(said, Answers) and not _inverts(said):
        return float(np.bincount(said.truth).max() / len(said))
    return 0.5


def advantage_statistic(said: Said, sign: Sign = 1) -> Statistic:
    """What the attacker gets right beyond the best constant guess, as a function of weights."""
    right, chance = right_statistic(said, sign), guessed(said)
    return lambda weights: right(weights) - chance


def advantage(said: Said) -> tuple[float, Sign]:
    """The attacker's advantage on these answers, and the sign to use it with."""
    plain = float(advantage_statistic(said)(np.ones((1, len(said))))[0])
    sign: Sign = -1 if plain < 0 and _inverts(said) else 1
    return plain * sign, sign


def aligned(said: Said, like: Said) -> Said:
    """The answers in the order of the other's rows.

    Raises:
        ValueError: if they are about other rows, or of another kind.
    """
    if type(said) is not type(like) or not np.array_equal(np.sort(said.row), np.sort(like.row)):
        raise ValueError("compared are answers of one kind about the same rows; these differ")
    index = np.argsort(said.row)[np.argsort(np.argsort(like.row))]
    if isinstance(said, Templates):
        return replace(
            said,
            probe=said.probe[index],
            probe_person=said.probe_person[index],
            probe_row=said.probe_row[index],
        )
    if isinstance(said, Numbers):
        return Numbers(said.values[index], said.truth[index], said.person[index], said.row[index])
    return Answers(said.scores[index], said.truth[index], said.person[index], said.row[index])


def _inverts(said: Said) -> bool:
    return not isinstance(said, Answers) or said.scores.shape[1] == 2


def _half_for_a_guess(said: Said) -> Statistic:
    if isinstance(said, Templates):
        return matching_statistic(said)
    if isinstance(said, Answers):
        return auc_statistic(said)
    correlated = correlation_statistic(said.values, said.truth)
    return lambda weights: (1 + correlated(weights)) / 2
