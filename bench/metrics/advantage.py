"""The advantage of an attacker over a guess: one scale for all kinds of answers."""

from typing import Literal, TypeGuard

import numpy as np

from bench.answers import Answers, AnyAnswers, Estimate, Templates
from bench.metrics.accuracy import auc_statistic, top1_statistic
from bench.metrics.intervals import CONFIDENCE, Statistic, estimate
from bench.metrics.matching import matching_statistic
from bench.metrics.regression import correlation_statistic

Sign = Literal[1, -1]


def right_statistic(answers: AnyAnswers, sign: Sign = 1) -> Statistic:
    """The share that an attacker gets right, as a function of weights over the pictures.

    For more than two classes accuracy; else a share that is one half for a guess: AUC for two
    classes and for templates (over pairs of pictures), (1 + r) / 2 for numbers, with Pearson's r.
    Where sign is -1, the share of the inverted answers.

    Raises:
        ValueError: if one class, or one kind of pair, does not occur, or numbers do not vary.
    """
    if _has_many_classes(answers):
        return top1_statistic(answers)
    plain = _half_by_chance(answers)
    return plain if sign == 1 else lambda weights: 1 - plain(weights)


def over_pairs(answers: AnyAnswers) -> bool:
    """Whether the share right is of pairs of pictures: all but the accuracy of many classes."""
    return not _has_many_classes(answers)


def guessed(answers: AnyAnswers) -> float:
    """The share that the best constant guess gets right: one half, or the commonest class's."""
    if _has_many_classes(answers):
        return float(np.bincount(answers.truth).max() / len(answers))
    return 0.5


def advantage(answers: AnyAnswers) -> tuple[float, Sign]:
    """The share right minus that of the best guess, and the sign that makes it largest."""
    plain = float(right_statistic(answers)(np.ones((1, len(answers))))[0]) - guessed(answers)
    sign: Sign = -1 if plain < 0 and not _has_many_classes(answers) else 1
    return plain * sign, sign


def share_right(answers: AnyAnswers, sign: Sign = 1, *, confidence: float = CONFIDENCE) -> Estimate:
    """The share right with its interval; its chance is that of the best guess."""
    right, pairs = right_statistic(answers, sign), over_pairs(answers)
    chance = guessed(answers)
    return estimate(right, answers.person, chance, pairs=pairs, confidence=confidence)


def beyond_chance(share: Estimate) -> Estimate:
    """A share that is right as an advantage: minus its chance."""
    value, low, high, n, chance = share
    return Estimate(value - chance, low - chance, high - chance, n, 0.0)


def aligned(answers: AnyAnswers, like: AnyAnswers) -> AnyAnswers:
    """The answers in the order of the other's pictures.

    Raises:
        ValueError: if they are about other pictures, or of another kind.
    """
    if type(answers) is not type(like) or not np.array_equal(
        np.sort(answers.image_id), np.sort(like.image_id)
    ):
        raise ValueError("expected answers of one kind about the same pictures, got others")
    if np.array_equal(answers.image_id, like.image_id):
        return answers
    return answers.pick(np.argsort(answers.image_id)[np.argsort(np.argsort(like.image_id))])


def _has_many_classes(answers: AnyAnswers) -> TypeGuard[Answers]:
    return isinstance(answers, Answers) and answers.scores.shape[1] != 2


def _half_by_chance(answers: AnyAnswers) -> Statistic:
    if isinstance(answers, Templates):
        return matching_statistic(answers)
    if isinstance(answers, Answers):
        return auc_statistic(answers)
    correlated = correlation_statistic(answers.values, answers.truth)
    return lambda weights: (1 + correlated(weights)) / 2
