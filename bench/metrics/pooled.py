"""Accuracy over pooled pictures, of the worst tenth of people, and between groups."""

import numpy as np

from bench.answers import Answers, Estimate
from bench.metrics.accuracy import top1
from bench.metrics.intervals import Floats, Ids, estimate, wilson

_SEED = 20180615  # of the groups


def pooled(answers: Answers, n_pictures: int) -> Answers:
    """Answers about groups of pictures of one person and one truth: the mean of their scores.

    Groups are drawn at random, each picture in one at most; a group's row is the lowest of its
    pictures'. Scores that are log-probabilities add up as those of independent pictures would.

    Raises:
        ValueError: if nobody has so many pictures of one truth.
    """
    order, nth, size = _shuffled(answers)
    full = nth < size // n_pictures * n_pictures
    if not full.any():
        raise ValueError(
            f"expected {n_pictures} pictures of one person and truth, got {size.max()} at most; "
            "pool fewer"
        )
    groups = order[full].reshape(-1, n_pictures)  # (groups, n_pictures)
    return Answers(
        answers.scores[groups].mean(axis=1, dtype=np.float64).astype(np.float32),  # (groups, C)
        answers.truth[groups[:, 0]],
        answers.person[groups[:, 0]],
        answers.image_id[groups].min(axis=1),
    )


def top1_of_10(answers: Answers) -> Estimate:
    """Accuracy over groups of 10 pictures, see `pooled`."""
    return top1(pooled(answers, 10))


def top1_of_100(answers: Answers) -> Estimate:
    """Accuracy over groups of 100 pictures, see `pooled`."""
    return top1(pooled(answers, 100))


def _shuffled(answers: Answers) -> tuple[Ids, Ids, Ids]:
    """Pictures at random within their person and truth, each one's place and how many, (N,)."""
    order = np.argsort(
        answers.image_id, kind="stable"
    )  # the draw does not depend on the order of rows
    order = order[np.random.default_rng(_SEED).permutation(len(order))]
    order = order[np.lexsort((answers.truth[order], answers.person[order]))]
    kinds = np.stack([answers.person[order], answers.truth[order]])
    new = np.append(True, (np.diff(kinds) != 0).any(axis=0))
    starts, kind = np.flatnonzero(new), np.cumsum(new) - 1
    return order, np.arange(len(order)) - starts[kind], np.bincount(kind)[kind]


def worst_decile(answers: Answers) -> Estimate:
    """Mean accuracy of the tenth of people with the lowest; of 15 people, of one and a half.

    Chosen by the same pictures, so lower than that tenth's true accuracy where a person has few.

    Raises:
        ValueError: with fewer than 10 people.
    """
    people, first, unit = np.unique(answers.person, return_index=True, return_inverse=True)
    if len(people) < 10:
        raise ValueError(f"expected 10 people or more for the worst tenth, got {len(people)}")
    accuracy = np.bincount(unit, weights=_right(answers)) / np.bincount(unit)
    order = np.argsort(accuracy, kind="stable")

    def statistic(weights: Floats) -> Floats:
        ranked = weights[:, first[order]]  # (B, P)
        tenth = ranked.sum(axis=1, keepdims=True) / 10
        before = np.cumsum(ranked, axis=1) - ranked
        taken = np.clip(tenth - before, 0, ranked)
        return np.asarray(taken @ accuracy[order] / tenth[:, 0])

    return estimate(statistic, answers.person, np.nan)


def gap(answers: Answers, group: Ids) -> Estimate:
    """Accuracy in group 1 minus that in group 0, -1..1; chance 0.

    The interval is never narrower than Newcombe's over the pictures.
    Source: Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10.

    Args:
        answers: of an attacker.
        group: int64, (N,), 0 or 1 for each picture; others are left out.

    Raises:
        ValueError: unless both groups have two people or more.
    """
    n_people = [len(np.unique(answers.person[group == side])) for side in (0, 1)]
    if min(n_people) < 2:
        raise ValueError(
            f"expected two people or more in both groups, got {n_people[0]} and {n_people[1]}; "
            "compare other groups"
        )
    chosen = (group == 0) | (group == 1)
    right, member = _right(answers)[chosen], np.eye(2)[group[chosen]]  # (n,), (n, 2)

    def statistic(weights: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            rates = (weights * right) @ member / (weights @ member)  # (B, 2)
        return np.asarray(rates[:, 1] - rates[:, 0])

    found = estimate(statistic, answers.person[chosen], 0.0, share=False)
    below, above = _newcombe(right @ member, member.sum(axis=0))
    return found._replace(low=min(found.low, below), high=max(found.high, above))


def _newcombe(n_right: Floats, n: Floats) -> tuple[float, float]:
    """Interval of the second share less the first, of (2,) counts."""
    (low_0, high_0), (low_1, high_1) = (
        wilson(*each) for each in zip(n_right.tolist(), n.astype(int).tolist(), strict=True)
    )
    share_0, share_1 = (n_right / n).tolist()
    difference = share_1 - share_0
    return (
        difference - float(np.hypot(share_1 - low_1, high_0 - share_0)),
        difference + float(np.hypot(high_1 - share_1, share_0 - low_0)),
    )


def _right(answers: Answers) -> Floats:
    return np.asarray(answers.scores.argmax(axis=1) == answers.truth, np.float64)
