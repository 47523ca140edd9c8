"""The advantage of an attacker over a guess: one scale for all kinds of answers."""

from typing import Literal

import numpy as np

from bench.answers import Answers, AnyAnswers, Templates
from bench.metrics.accuracy import auc_statistic, top1_statistic
from bench.metrics.intervals import Statistic
from bench.metrics.matching import matching_statistic
from bench.metrics.similarity import correlation_statistic

Sign = Literal[1, -1]


def right_statistic(answers: AnyAnswers, sign: Sign = 1) -> Statistic:
    """The share that an attacker gets right, as a function of weights over the pictures.

    For more than two classes accuracy. Else a share that is one half for a guess: AUC for two
    classes and for templates (over pairs of pictures), (1 + r) / 2 for numbers, with Pearson's r.
    Where sign is -1, one minus that share, for anyone can invert an attacker.

    Raises:
        ValueError: if one class, or one kind of pair, does not occur, or numbers do not vary.
    """
    if not _inverts(answers):
        return top1_statistic(answers)  # type: ignore[arg-type]  # only answers do not invert
    plain = _half_for_a_guess(answers)
    return plain if sign == 1 else lambda weights: 1 - plain(weights)


def guessed(answers: AnyAnswers) -> float:
    """The share that the best constant guess gets right: one half, or the commonest class's."""
    if isinstance(answers, Answers) and not _inverts(answers):
        return float(np.bincount(answers.truth).max() / len(answers))
    return 0.5


def advantage_statistic(answers: AnyAnswers, sign: Sign = 1) -> Statistic:
    """The share right minus that of the best constant guess, as a function of weights."""
    right, chance = right_statistic(answers, sign), guessed(answers)
    return lambda weights: right(weights) - chance


def advantage(answers: AnyAnswers) -> tuple[float, Sign]:
    """The attacker's advantage on these answers, and the sign to use it with."""
    plain = float(advantage_statistic(answers)(np.ones((1, len(answers))))[0])
    sign: Sign = -1 if plain < 0 and _inverts(answers) else 1
    return plain * sign, sign


def aligned(answers: AnyAnswers, like: AnyAnswers) -> AnyAnswers:
    """The answers in the order of the other's pictures.

    Raises:
        ValueError: if they are about other pictures, or of another kind.
    """
    if type(answers) is not type(like) or not np.array_equal(
        np.sort(answers.image_id), np.sort(like.image_id)
    ):
        raise ValueError("expected answers of one kind about the same pictures, got others")
    index = np.argsort(answers.image_id)[np.argsort(np.argsort(like.image_id))]
    return answers.pick(index)


def _inverts(answers: AnyAnswers) -> bool:
    return not isinstance(answers, Answers) or answers.scores.shape[1] == 2


def _half_for_a_guess(answers: AnyAnswers) -> Statistic:
    if isinstance(answers, Templates):
        return matching_statistic(answers)
    if isinstance(answers, Answers):
        return auc_statistic(answers)
    correlated = correlation_statistic(answers.values, answers.truth)
    return lambda weights: (1 + correlated(weights)) / 2
