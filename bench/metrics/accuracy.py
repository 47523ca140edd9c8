"""Accuracy, AUC and EER of classifiers."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, Estimate
from bench.metrics import curves
from bench.metrics.intervals import CONFIDENCE, Floats, Ids, Statistic, estimate, weighted_mean


def top1(answers: Answers, *, confidence: float = CONFIDENCE) -> Estimate:
    """Share of pictures whose truth has the highest score; chance: the commonest truth's share."""
    right = top1_statistic(answers)
    shares = np.bincount(answers.truth) / len(answers)
    return estimate(right, answers.person, float(shares.max()), confidence=confidence)


def top5(answers: Answers) -> Estimate:
    """Share of pictures whose truth is among the 5 highest scores; chance: of the 5 commonest.

    Raises:
        ValueError: with fewer than 6 classes.
    """
    n_classes = answers.scores.shape[1]
    if n_classes < 6:
        raise ValueError(f"expected 6 classes or more for top-5, got {n_classes}; use top-1")
    hits = among_highest(answers, 5)
    shares = np.sort(np.bincount(answers.truth) / len(answers))
    return estimate(weighted_mean(hits), answers.person, float(shares[-5:].sum()))


def names_target_identity(answers: Answers, shown: Ids) -> Estimate:
    """Share of pictures whose answer is the class that the defense shows, (N,)."""
    return top1(replace(answers, truth=shown))


def top1_if_other(answers: Answers, shown: Ids) -> Estimate:
    """Accuracy on the pictures that show another class, (N,), than the true one.

    Raises:
        ValueError: if no picture shows another class.
    """
    other = shown != answers.truth
    if not other.any():
        raise ValueError("expected pictures that show another class, got none")
    return top1(answers.pick(other))


def balanced_accuracy(answers: Answers) -> Estimate:
    """Mean accuracy over the classes that occur."""
    right, chance = balanced_statistic(answers), 1 / len(np.unique(answers.truth))
    weight = 1 / np.bincount(answers.truth)[answers.truth]  # each class counts alike
    return estimate(right, answers.person, chance, weight=weight)


def auc(answers: Answers) -> Estimate:
    """Probability that a picture of class 1 scores above one of class 0; a tie counts half.

    Raises:
        ValueError: unless there are two classes and both occur.
    """
    return estimate(auc_statistic(answers), answers.person, 0.5, pairs=True)


def eer(answers: Answers) -> Estimate:
    """Equal error rate, on the ROC drawn with straight lines; above 0.5, invert the answers.

    Raises:
        ValueError: unless there are two classes and both occur.
    """
    return estimate(eer_statistic(answers), answers.person, 0.5, pairs=True)


def is_right(answers: Answers) -> Floats:
    """1 for each picture whose highest score is the truth's, else 0, (N,); 1/m if m are highest."""
    return among_highest(answers, 1)


def among_highest(answers: Answers, k: int) -> Floats:
    """Chance that a picture's truth is among its k highest scores, (N,); ties break at random.

    It is 0 where no face was found.

    Raises:
        ValueError: without answers.
    """
    if not len(answers):
        raise ValueError("expected answers about one picture or more, got none; add pictures")
    own = np.take_along_axis(answers.scores, answers.truth[:, None], axis=1)
    better, equal = (answers.scores > own).sum(axis=1), (answers.scores == own).sum(axis=1)
    acquired = ~np.isin(answers.image_id, answers.not_acquired)
    return np.asarray(np.clip((k - better) / equal, 0, 1) * acquired)


def top1_statistic(answers: Answers) -> Statistic:
    """`top1` as a function of weights."""
    return weighted_mean(is_right(answers))


def balanced_statistic(answers: Answers) -> Statistic:
    """`balanced_accuracy` as a function of weights; classes that lose all weight drop out."""
    rates = rates_by_group(is_right(answers), answers.truth[:, None] == np.unique(answers.truth))
    return lambda weights: np.asarray(np.nanmean(rates(weights), axis=1))


def rates_by_group(right: Floats, member: NDArray[np.bool_]) -> Statistic:
    """Accuracy within each of G groups, (N, G), as a function of weights, (B, N) -> (B, G)."""
    of_group = member.astype(np.float64)

    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            return np.asarray((weights * right) @ of_group / (weights @ of_group))

    return statistic


def auc_statistic(answers: Answers) -> Statistic:
    """`auc` as a function of weights; nan where a class loses all weight."""
    return _over_levels(answers, curves.auc)


def eer_statistic(answers: Answers) -> Statistic:
    """`eer` as a function of weights; nan where a class loses all weight."""
    return _over_levels(answers, curves.eer)


def _over_levels(answers: Answers, curve: curves.Curve) -> Statistic:
    margin = _margin(answers)
    order = np.argsort(margin, kind="stable")
    levels, starts = np.unique(margin[order], return_index=True)
    positive = (answers.truth[order] == 1).astype(np.float64)

    def statistic(weights: Floats) -> Floats:
        weight = weights.take(order, axis=1)  # (B, N)
        mated, nonmated = (
            np.add.reduceat(weight * side, starts, axis=1) for side in (positive, 1 - positive)
        )  # (B, K) each
        return curve(curves.Histograms(levels, mated, nonmated))

    return statistic


def _margin(answers: Answers) -> Floats:
    """Score of class 1 minus that of class 0, (N,)."""
    n_classes, n_occur = answers.scores.shape[1], len(np.unique(answers.truth))
    if n_classes != 2 or n_occur != 2:
        raise ValueError(
            f"expected two classes that both occur, got {n_classes} of which {n_occur} occur; "
            "use top-1 or more pictures"
        )
    return np.asarray(answers.scores[:, 1] - answers.scores[:, 0], np.float64)
