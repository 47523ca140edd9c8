"""Accuracy, AUC and EER of classifiers."""

import numpy as np

from bench.answers import Answers, Estimate
from bench.metrics import curves
from bench.metrics.intervals import Floats, Statistic, estimate, weighted_mean


def top1(answers: Answers) -> Estimate:
    """Share of pictures whose highest score is the truth's; chance: the commonest truth's share."""
    shares = np.bincount(answers.truth) / len(answers)
    return estimate(top1_statistic(answers), answers.person, float(shares.max()))


def top5(answers: Answers) -> Estimate:
    """Share of pictures whose truth is among the 5 highest scores; ties are broken at random.

    Chance: the share of the 5 commonest truths.

    Raises:
        ValueError: with fewer than 6 classes.
    """
    n_classes = answers.scores.shape[1]
    if n_classes < 6:
        raise ValueError(f"expected 6 classes or more for top-5, got {n_classes}; use top-1")
    own = np.take_along_axis(answers.scores, answers.truth[:, None], axis=1)
    better, equal = ((answers.scores > own).sum(axis=1), (answers.scores == own).sum(axis=1))
    hits = np.clip((5 - better) / equal, 0, 1)
    shares = np.sort(np.bincount(answers.truth) / len(answers))
    return estimate(weighted_mean(hits), answers.person, float(shares[-5:].sum()))


def balanced_accuracy(answers: Answers) -> Estimate:
    """Mean over the classes that occur of the share of their pictures answered right."""
    chance = 1 / len(np.unique(answers.truth))
    return estimate(balanced_statistic(answers), answers.person, chance)


def auc(answers: Answers) -> Estimate:
    """Probability that a picture of class 1 scores above one of class 0; a tie counts half.

    Raises:
        ValueError: unless there are two classes and both occur.
    """
    return estimate(auc_statistic(answers), answers.person, 0.5)


def eer(answers: Answers) -> Estimate:
    """Equal error rate, on the ROC drawn with straight lines.

    Above one half, inverted answers are better.

    Raises:
        ValueError: unless there are two classes and both occur.
    """
    return estimate(eer_statistic(answers), answers.person, 0.5)


def top1_statistic(answers: Answers) -> Statistic:
    """`top1` as a function of weights."""
    return weighted_mean(answers.scores.argmax(axis=1) == answers.truth)


def balanced_statistic(answers: Answers) -> Statistic:
    """`balanced_accuracy` as a function of weights; classes that lose all weight drop out."""
    right = (answers.scores.argmax(axis=1) == answers.truth).astype(np.float64)
    member = (answers.truth[:, None] == np.unique(answers.truth)).astype(np.float64)  # (N, C)

    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            recall = (weights * right) @ member / (weights @ member)  # (B, C)
        return np.asarray(np.nanmean(recall, axis=1))

    return statistic


def eer_statistic(answers: Answers) -> Statistic:
    """`eer` as a function of weights; nan where a class loses all weight."""
    margin = _margin(answers)
    order = np.argsort(margin, kind="stable")
    levels, starts = np.unique(margin[order], return_index=True)
    positive = (answers.truth[order] == 1).astype(np.float64)

    def statistic(weights: Floats) -> Floats:
        sorted_weights = weights.take(order, axis=1)  # (B, N)
        sides = (
            np.add.reduceat(sorted_weights * member, starts, axis=1)  # (B, K)
            for member in (positive, 1 - positive)
        )
        return curves.eer(curves.Histograms(levels, *sides))

    return statistic


def _margin(answers: Answers) -> Floats:
    """Score of class 1 minus that of class 0, (N,).

    Raises:
        ValueError: unless there are two classes and both occur.
    """
    if answers.scores.shape[1] != 2 or len(np.unique(answers.truth)) != 2:
        raise ValueError(
            f"expected two classes that both occur, got {answers.scores.shape[1]} of which "
            f"{len(np.unique(answers.truth))} occur; use top-1 or more pictures"
        )
    return np.asarray(answers.scores[:, 1] - answers.scores[:, 0], np.float64)


def auc_statistic(answers: Answers) -> Statistic:
    """`auc` as a function of weights; nan where a class loses all weight."""
    margin = _margin(answers)
    order = np.argsort(margin, kind="stable")
    positives, negatives = (order[answers.truth[order] == label] for label in (1, 0))
    lesser, not_greater = (  # how many negatives score below, and at most as high as, a positive
        margin[negatives].searchsorted(margin[positives], side="left"),
        margin[negatives].searchsorted(margin[positives], side="right"),
    )

    def statistic(weights: Floats) -> Floats:
        lost = weights.take(negatives, axis=1)  # (B, n0)
        below = np.pad(lost.cumsum(axis=1), ((0, 0), (1, 0)))  # (B, n0 + 1)
        beaten = (below.take(lesser, axis=1) + below.take(not_greater, axis=1)) / 2  # (B, n1)
        won = weights.take(positives, axis=1)  # (B, n1)
        pairs = won.sum(axis=1) * below[:, -1]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.einsum("bp,bp->b", won, beaten) / pairs)

    return statistic
