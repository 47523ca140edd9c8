"""Accuracy over pooled pictures, and of the worst tenth of people."""

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, Estimate
from bench.metrics.accuracy import is_right
from bench.metrics.gaffke import draws
from bench.metrics.intervals import CONFIDENCE, Floats, Ids

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
    people, unit = np.unique(answers.person, return_inverse=True)
    if len(people) < 10:
        raise ValueError(f"expected 10 people or more for the worst tenth, got {len(people)}")
    accuracy = np.bincount(unit, weights=is_right(answers)) / np.bincount(unit)
    accuracy = np.sort(accuracy)
    value = float(_worst_tenth(accuracy, np.ones((1, len(people))))[0])
    drawn = draws(len(people))  # (B, P + 1); one more person has 0 or 1, see `bounds`
    lows = _worst_tenth(np.append(0, accuracy), drawn)
    highs = _worst_tenth(np.append(accuracy, 1), drawn)
    low = float(np.quantile(lows, (1 - CONFIDENCE) / 2))
    high = float(np.quantile(highs, (1 + CONFIDENCE) / 2))
    return Estimate(value, min(low, value), max(high, value), len(answers), np.nan)


def _worst_tenth(accuracy: Floats, weight: NDArray[np.floating]) -> Floats:
    """The mean of the lowest tenth of the weight, (B,), of people in ascending order, (B, P)."""
    tenth = weight.sum(axis=1, keepdims=True) / 10
    before = np.cumsum(weight, axis=1) - weight
    return np.asarray(np.clip(tenth - before, 0, weight) @ accuracy / tenth[:, 0])
