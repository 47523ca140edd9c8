"""How often a classifier is right."""

import numpy as np

from bench.answers import Answers, Estimate
from bench.metrics.intervals import Floats, Statistic, estimate


def top1(answers: Answers) -> Estimate:
    """Share of pictures whose highest score is the truth's; chance: the commonest truth's share."""
    shares = np.bincount(answers.truth) / len(answers)
    return estimate(top1_statistic(answers), answers.person, float(shares.max()))


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


def top1_statistic(answers: Answers) -> Statistic:
    """`top1` as a function of weights."""
    right = (answers.scores.argmax(axis=1) == answers.truth).astype(np.float64)
    return lambda weights: np.asarray(weights @ right / weights.sum(axis=1))


def balanced_statistic(answers: Answers) -> Statistic:
    """`balanced_accuracy` as a function of weights; classes that lose all weight drop out."""
    right = (answers.scores.argmax(axis=1) == answers.truth).astype(np.float64)
    member = (answers.truth[:, None] == np.unique(answers.truth)).astype(np.float64)  # (N, C)

    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            recall = (weights * right) @ member / (weights @ member)  # (B, C)
        return np.asarray(np.nanmean(recall, axis=1))

    return statistic


def auc_statistic(answers: Answers) -> Statistic:
    """`auc` as a function of weights; nan where a class loses all weight."""
    if answers.scores.shape[1] != 2 or len(np.unique(answers.truth)) != 2:
        raise ValueError(
            f"AUC wants two classes that both occur, got {answers.scores.shape[1]} classes of "
            f"which {len(np.unique(answers.truth))} occur; use top-1 or more pictures"
        )
    margin = answers.scores[:, 1] - answers.scores[:, 0]
    _, level, n_equal = np.unique(margin, return_inverse=True, return_counts=True)
    order = np.argsort(level, kind="stable")
    starts = np.concatenate([[0], np.cumsum(n_equal)[:-1]])  # of each run of equal scores
    positive = answers.truth[order] == 1

    def statistic(weights: Floats) -> Floats:
        ranked = weights[:, order]  # (B, N)
        above = np.add.reduceat(ranked * positive, starts, axis=1)  # (B, levels)
        below = np.add.reduceat(ranked * ~positive, starts, axis=1)
        beaten = np.cumsum(below, axis=1) - below / 2
        pairs = above.sum(axis=1) * below.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((above * beaten).sum(axis=1) / pairs)

    return statistic
