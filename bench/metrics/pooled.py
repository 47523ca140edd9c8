"""Accuracy over pooled pictures, of the worst tenth of people, and between groups."""

import numpy as np

from bench.answers import Answers, Estimate
from bench.metrics.accuracy import is_right, rates_by_group
from bench.metrics.intervals import Floats, Ids, estimate, widened, wilson
from bench.metrics.ratio_intervals import difference_ends

_SEED = 20180615  # of the groups


def pooled(answers: Answers, n_pictures: int) -> Answers:
    """Answers about groups of pictures of one person and one truth: the mean of their scores.

    Groups are drawn at random, each picture in one at most; their image id is their lowest one.
    The mean of log-probabilities ranks classes as the evidence of independent pictures does.

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


def _shuffled(answers: Answers) -> tuple[Ids, Ids, Ids]:
    """Pictures at random within their person and truth, each one's place and how many, (N,)."""
    order = np.argsort(answers.image_id, kind="stable")  # the order of the answers does not matter
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
    accuracy = np.bincount(unit, weights=is_right(answers)) / np.bincount(unit)
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

    Pictures of any other group, (N,), are left out. The interval is never narrower than Newcombe's
    over the pictures.

    Raises:
        ValueError: unless both groups have two people or more.

    Source: Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10.
    """
    n_people = [len(np.unique(answers.person[group == side])) for side in (0, 1)]
    if min(n_people) < 2:
        raise ValueError(
            f"expected two people or more in both groups, got {n_people[0]} and {n_people[1]}; "
            "compare other groups"
        )
    chosen = (group == 0) | (group == 1)
    right, member = is_right(answers)[chosen], group[chosen, None] == [1, 0]  # (n,), (n, 2)
    rates = rates_by_group(right, member)
    found = estimate(
        lambda weights: np.subtract(*rates(weights).T), answers.person[chosen], 0.0, share=False
    )
    counts = zip((right @ member).tolist(), member.sum(axis=0).tolist(), strict=True)
    first, second = (Estimate(hits / n, *wilson(hits, n), n, np.nan) for hits, n in counts)
    return widened(found, difference_ends(first, second, 0.0))
