"""Separability: how well answers tell classes apart, on one scale for any number of classes.

S = 2 AUC - 1: 0 for a guess, 1 if the classes never overlap, below 0 if answers are inverted. It
hardly depends on the number of classes, so it can be compared between tasks.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from bench.answers import Answers, AnyAnswers, Estimate, Numbers, Templates
from bench.metrics.accuracy import auc_statistic
from bench.metrics.intervals import Floats, Ids, Statistic, estimate, left_out
from bench.metrics.matching import matching_statistic


class Units(NamedTuple):
    """What was drawn independently of one another."""

    # int64, (N,), of each picture: its person where people stand for others (`open`), or its take
    # where just these people are asked about (`closed`).
    unit: Ids
    stratum: Ids  # int64, (N,): within which units were drawn: the person of a take, else 0


def pairwise_auc(answers: AnyAnswers) -> Estimate:
    """AUC averaged over pairs of classes; of templates, of mated against non-mated pairs.

    Raises:
        ValueError: if fewer than two classes occur.
    """
    half = separability_statistic(answers)
    return estimate(lambda weights: (1 + half(weights)) / 2, answers.person, 0.5, pairs=True)


def d_prime(answers: AnyAnswers) -> Estimate:
    """Distance d' = sqrt(2) probit(AUC) of two normal classes, in standard deviations.

    Source: Green and Swets, Signal Detection Theory and Psychophysics, 1966 [green1966signal].
    """
    found = pairwise_auc(answers)
    outermost = 1 - 0.5 / max(found.n, 2)  # keeps d' of AUC 1 finite
    value, low, high = (
        float(np.sqrt(2) * special.ndtri(np.clip(end, 1 - outermost, outermost)))
        for end in found[:3]
    )
    return Estimate(value, low, high, found.n, 0.0)


def separability_statistic(answers: AnyAnswers) -> Statistic:
    """S as a function of weights over pictures, (B, N) -> (B,); nan where a class loses all weight.

    Source: Hand and Till, Machine Learning 45 (2001), 171-186 [hand2001auc], for more than two
        classes; for numbers the concordance (Harrell's C). Ties count half.
    Differs from it: scores are first made comparable by subtracting the row's logsumexp.

    Raises:
        ValueError: if fewer than two classes, or one kind of pair, occur.
    """
    if isinstance(answers, Templates):
        return _doubled(matching_statistic(answers))
    if isinstance(answers, Numbers):
        return _concordance(answers)
    if answers.scores.shape[1] == 2:
        return _doubled(auc_statistic(answers))
    return _hand_till(answers)


def relabelled_statistic(answers: Answers, units: Units) -> Statistic:
    """S after the best one-to-one relabelling of the classes, as a function of weights.

    By chance it is 0; an attacker that is reliably wrong is right after it. Each half is compared
    with itself only, see `relabelled`.

    Raises:
        ValueError: if a class has fewer than 4 units, or fewer than two classes occur.
    """
    first = np.unique(units.unit, return_index=True)[1]
    if np.unique(answers.truth[first], return_counts=True)[1].min() < 4:
        raise ValueError("expected 4 units or more of each class to learn a relabelling")
    half, after = _half(answers, units), relabelled(answers, units)
    sides = [np.flatnonzero(half == side) for side in (0, 1)]
    parts = [(index, separability_statistic(after.pick(index))) for index in sides]

    def statistic(weights: Floats) -> Floats:
        halves = [one(weights[:, index]) for index, one in parts]
        return np.asarray(np.mean(halves, axis=0))

    return statistic


def relabelled(answers: Answers, units: Units) -> Answers:
    """The answers with the classes' scores exchanged, so that reliably wrong ones are right.

    The exchange is learned on every second unit of a class and applied to the others, and the other
    way round.
    """
    half, scores = _half(answers, units), answers.scores.copy()
    for side in (0, 1):
        scores[half == side] = scores[half == side][:, _best_columns(answers.pick(half != side))]
    return replace(answers, scores=scores)


def standard_errors(without: Floats, stratum: Ids) -> tuple[Floats, int]:
    """Of statistics without each unit in turn, (U, ...), the errors, (...), and their freedom.

    `stratum`, (U,), is that of each unit. Strata of one unit count with the spread of all.

    Source: the jackknife for stratified samples; Wolter, Introduction to Variance Estimation,
        2007, chapter 4 [wolter2007variance].
    """
    _, group, size = np.unique(stratum, return_inverse=True, return_counts=True)
    if (size < 2).any():
        group, size = np.zeros(len(without), np.int64), np.array([len(without)])
    sums = np.zeros((len(size), *without.shape[1:]))
    np.add.at(sums, group, without)
    n = size.reshape(-1, *[1] * (without.ndim - 1))
    deviations = without - (sums / n)[group]
    variance = (deviations**2 * ((n - 1) / n)[group]).sum(axis=0)
    return np.sqrt(variance), len(without) - len(size)


def without_each(statistics: Sequence[Statistic], units: Units) -> tuple[Floats, Floats, Ids]:
    """The statistics, (S,), without each unit in turn, (U, S), and the strata of units, (U,)."""
    whole = np.ones((1, len(units.unit)))
    values = np.array([float(statistic(whole)[0]) for statistic in statistics])
    first = np.unique(units.unit, return_index=True)[1]
    without = left_out(statistics, units.unit)
    if len(without) < len(first):  # a class has one unit only, or units were grouped
        return values, without, np.zeros(len(without), np.int64)
    return values, without, units.stratum[first]


def _doubled(share: Statistic) -> Statistic:
    return lambda weights: 2 * share(weights) - 1


def _hand_till(answers: Answers) -> Statistic:
    """Each class's pictures against those of every other class, by the score of the former."""
    scores = comparable(answers.scores)
    classes = np.unique(answers.truth)
    if len(classes) < 2:
        raise ValueError(f"expected pictures of two classes or more, got {len(classes)}")
    member = (answers.truth[:, None] == classes).astype(np.float64)  # (N, K)
    parts = []
    for number, label in enumerate(classes):
        own, other = (np.flatnonzero(member[:, number] == side) for side in (1, 0))
        other = other[np.argsort(scores[other, label], kind="stable")]
        ends = [scores[other, label].searchsorted(scores[own, label], s) for s in ("left", "right")]
        parts.append((own, other, ends))

    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            share = weights * ((1 / (weights @ member)) @ member.T)  # (B, N): sums to 1 a class
        won = np.zeros(len(weights))
        for own, other, ends in parts:
            below = np.pad(np.cumsum(share[:, other], axis=1), ((0, 0), (1, 0)))
            beaten = below[:, ends[0]] + below[:, ends[1]]  # (B, n): a tie counts half
            won += np.einsum("bn,bn->b", share[:, own], beaten) / 2
        return np.asarray(2 * won / (len(parts) * (len(parts) - 1)) - 1)

    return statistic


def comparable(scores: NDArray[np.float32]) -> Floats:
    """Scores less the logsumexp of their row: a picture's own offset tells nothing, (N, C)."""
    wide = scores.astype(np.float64)
    return np.asarray(wide - special.logsumexp(wide, axis=1, keepdims=True))


def _concordance(answers: Numbers) -> Statistic:
    """Concordant less discordant pairs, over pairs with different truths."""
    truth = np.sign(answers.truth[:, None] - answers.truth).astype(np.float32)  # (N, N)
    if not truth.any():
        raise ValueError("expected a truth that varies, got a constant")
    agreed = truth * np.sign(answers.values[:, None] - answers.values).astype(np.float32)
    differs = np.abs(truth)

    def statistic(weights: Floats) -> Floats:
        w = weights.astype(np.float32)
        with np.errstate(invalid="ignore"):
            return np.asarray(
                np.einsum("bn,bn->b", w @ agreed, w) / np.einsum("bn,bn->b", w @ differs, w),
                np.float64,
            )

    return statistic


def _half(answers: Answers, units: Units) -> Ids:
    """0 or 1 of each picture: every second unit of a class, (N,)."""
    first = np.unique(units.unit, return_index=True)[1]
    label = answers.truth[first]  # of each unit, in their order
    half = np.zeros(len(first), np.int64)
    for one in np.unique(label):
        half[label == one] = np.arange((label == one).sum()) % 2
    return half[np.searchsorted(units.unit[first], units.unit)]


def _best_columns(answers: Answers) -> Ids:
    """For each class the column that ranks its pictures highest, each column once, (C,)."""
    scores = comparable(answers.scores)
    ranks = np.argsort(np.argsort(scores, axis=0, kind="stable"), axis=0).astype(np.float64)
    n_classes = scores.shape[1]
    member = (answers.truth == np.arange(n_classes)[:, None]).astype(np.float64)  # (C, N)
    mean = member @ ranks / np.maximum(member.sum(axis=1, keepdims=True), 1)  # (C, C)
    return np.asarray(optimize.linear_sum_assignment(mean, maximize=True)[1])
