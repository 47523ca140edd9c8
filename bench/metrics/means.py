"""Means over frames, pairs or unlabelled pictures."""

import numpy as np
from numpy.typing import NDArray

from bench.answers import Estimate
from bench.metrics.intervals import Ids, estimate, weighted_mean

Scores = NDArray[np.float32]


def mean(values: NDArray[np.generic], folder: Ids) -> Estimate:
    """Mean of numbers, (N,), in their unit, with an interval over folders, (N,).

    Pictures of one folder may be frames of a clip and alike. Where all are of one folder, the
    interval is as if they were independent.
    """
    return _mean(values, folder, np.nan, share=False)


def share(hits: NDArray[np.generic], folder: Ids, chance: float = np.nan) -> Estimate:
    """Share of hits, or mean of probabilities, (N,), with an interval as of `mean`."""
    return _mean(hits, folder, chance, share=True)


def agreement(first: Scores, second: Scores, folder: Ids) -> Estimate:
    """Share of rows whose highest score, (N, C), is the same; chance: that of the commonest."""
    before, after = first.argmax(axis=1), second.argmax(axis=1)
    return share(before == after, folder, float(np.bincount(before).max() / len(before)))


def _mean(values: NDArray[np.generic], folder: Ids, chance: float, *, share: bool) -> Estimate:
    if not len(values):
        raise ValueError("expected one value or more, got none")
    unit = folder if len(np.unique(folder)) > 1 else np.arange(len(values))
    return estimate(weighted_mean(values), unit, chance, share=share)
