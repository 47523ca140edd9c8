"""Cross-validated answers of a plain classifier of features."""

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import ledoit_wolf
from sklearn.neighbors import KNeighborsClassifier

from bench.answers import Answers

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

N_FOLDS = 5
N_NEIGHBOURS = 15
_SEED = 0


def folds(group: Ids, within: Ids) -> Ids:
    """A fold for each picture, (N,): no group lies in two, each `within` is spread over all."""
    rng = np.random.default_rng(_SEED)
    groups, first, of = np.unique(group, return_index=True, return_inverse=True)
    order = np.lexsort((rng.random(len(groups)), within[first]))
    fold = np.empty(len(groups), np.int64)
    fold[order] = np.arange(len(groups)) % N_FOLDS
    return fold[of]


def crossed(features: Floats, truth: Ids, person: Ids, fold: Ids) -> Answers:
    """Answers about every picture, each by a classifier that saw no picture of its fold.

    The classifier is the mean of two posteriors over equally likely classes: linear discriminant
    analysis with Ledoit and Wolf's shrinkage of the pooled covariance, and, for what is not linear,
    15 neighbours in the space where that covariance is round.

    Args:
        features: (N, D).
        truth: classes, (N,); any numbers.
        person: whose picture it is, (N,).
        fold: (N,).
    """
    classes, truth = np.unique(truth, return_inverse=True)
    scores = np.zeros((len(truth), len(classes)), np.float32)
    for held in np.unique(fold):
        known, asked = fold != held, fold == held
        present = np.unique(truth[known])  # others cannot be answered
        learned = np.searchsorted(present, truth[known])
        answered = _posterior(features[known], learned, features[asked])
        scores[np.ix_(asked, present)] = answered
    return Answers(scores, truth, person, np.arange(len(truth)))


def _posterior(known: Floats, truth: Ids, asked: Floats) -> Floats:
    """Shares of the classes 0..C-1, (N, C)."""
    counts = np.bincount(truth)
    means = np.stack([known[truth == c].mean(axis=0) for c in range(len(counts))])  # (C, D)
    sphere = _rounding(known - means[truth], known.std(axis=0), len(known) - len(counts))
    middle = known.mean(axis=0)
    known, asked, means = ((part - middle) @ sphere for part in (known, asked, means))
    linear = asked @ means.T - (means**2).sum(axis=1) / 2  # (N, C)
    linear = np.exp(linear - linear.max(axis=1, keepdims=True))
    nearest = KNeighborsClassifier(min(N_NEIGHBOURS, len(known))).fit(known, truth)
    near = nearest.predict_proba(asked) / counts
    shares = [posterior / posterior.sum(axis=1, keepdims=True) for posterior in (linear, near)]
    return np.asarray(np.mean(shares, axis=0), np.float32)


def _rounding(centred: Floats, spread: Floats, n_free: int) -> Floats:
    """What makes the covariance within classes the identity, (D, D).

    Args:
        centred: features minus the means of their classes, (N, D).
        spread: standard deviation of each feature over all classes, (D,).
        n_free: degrees of freedom of `centred`.
    """
    # Shrinkage pulls towards equal variances: equal they are made first, within classes.
    within = np.sqrt((centred**2).sum(axis=0) / max(1, n_free))
    scale = np.maximum(np.maximum(within, spread / 100), 1e-6)
    covariance, _ = ledoit_wolf(centred / scale, assume_centered=True)
    values, vectors = np.linalg.eigh(covariance * len(centred) / max(1, n_free))
    return np.asarray(vectors / np.sqrt(np.maximum(values, 1e-4)) / scale[:, None], np.float32)
