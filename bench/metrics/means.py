"""Means over things that are no pictures of known people: frames, pairs, somebody's pictures."""

import numpy as np
from numpy.typing import NDArray

from bench.answers import Estimate
from bench.metrics.intervals import estimate

Scores = NDArray[np.float32]


def mean(values: NDArray[np.generic]) -> Estimate:
    """Mean of numbers, (N,), in their unit, with an interval as if they were independent."""
    return _mean(values, np.nan, share=False)


def share(hits: NDArray[np.generic], chance: float = np.nan) -> Estimate:
    """Share of hits, or mean of probabilities, (N,), with an interval as if independent."""
    return _mean(hits, chance, share=True)


def agreement(first: Scores, second: Scores) -> Estimate:
    """Share of rows whose highest score, (N, C), is the same; chance: that of the commonest."""
    before, after = first.argmax(axis=1), second.argmax(axis=1)
    return share(before == after, float(np.bincount(before).max() / len(before)))


def _mean(values: NDArray[np.generic], chance: float, *, share: bool) -> Estimate:
    if not len(values):
        raise ValueError("a mean wants one value or more, got none")
    numbers = values.astype(np.float64)

    def weighted(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(weights @ numbers / weights.sum(axis=1))

    return estimate(weighted, np.arange(len(values)), chance, share=share)
