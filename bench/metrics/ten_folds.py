"""Accuracy of a matcher on listed pairs, by folds: each is decided by a threshold of the others."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]


class FoldAccuracy(NamedTuple):
    """Shares of the pairs that are decided rightly."""

    folds: Floats  # of each fold, (F,)
    mean: float  # over the folds
    standard_error: float  # of that mean, by the folds' standard deviation


def accuracy_by_folds(scores: Floats, mated: Mask, fold: Ids) -> FoldAccuracy:
    """Each fold's pairs are decided by the threshold that is best on all other folds.

    Of each pair, (N,): its score, higher is likelier one person; whether it is mated; its fold.

    Raises:
        ValueError: if there are fewer than two folds.

    Source: Huang, Ramesh, Berg, Learned-Miller, UMass Amherst Technical Report 07-49, 2007, View 2
        [huang2007lfw].
    """
    numbers = np.unique(fold)
    if len(numbers) < 2:
        raise ValueError(f"expected pairs in two folds or more, got {len(numbers)}")
    found = []
    for number in numbers:
        mine = fold == number
        threshold = best_threshold(scores[~mine], mated[~mine])
        found.append(float(((scores[mine] >= threshold) == mated[mine]).mean()))
    shares = np.array(found)
    error = shares.std(ddof=1) / np.sqrt(len(shares))
    return FoldAccuracy(shares, float(shares.mean()), float(error))


def best_threshold(scores: Floats, mated: Mask) -> float:
    """The threshold that decides most pairs rightly, halfway between two scores.

    Pairs at or above it count as mated; of equally good ones, it is the lowest.
    """
    levels, at = np.unique(scores, return_inverse=True)
    gain = np.bincount(at, np.where(mated, -1, 1), len(levels))  # of moving it above a level
    n_right = np.concatenate([[0.0], np.cumsum(gain)])
    ends = np.concatenate([[levels[0] - 1], levels, [levels[-1] + 1]])
    best = int(np.argmax(n_right))
    return float((ends[best] + ends[best + 1]) / 2)
