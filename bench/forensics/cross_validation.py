"""Cross-validated answers of a simple classifier of features."""

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
    """A fold for each picture, (N,): no group is in two, each `within` is spread over all."""
    rng = np.random.default_rng(_SEED)
    groups, first, of = np.unique(group, return_index=True, return_inverse=True)
    order = np.lexsort((rng.random(len(groups)), within[first]))
    fold = np.empty(len(groups), np.int64)
    fold[order] = np.arange(len(groups)) % N_FOLDS
    return fold[of]


def cross_validated(features: Floats, truth: Ids, person: Ids, fold: Ids) -> Answers:
    """Answers about every picture, each by a classifier that was not trained on its fold.

    Features are (N, D); classes (any numbers), people and folds are (N,). The classifier averages
    two posteriors over equally likely classes: linear discriminant analysis with Ledoit and Wolf's
    shrinkage of the pooled covariance, and, for nonlinear differences, 15 nearest neighbours after
    whitening with that covariance.
    """
    classes, truth = np.unique(truth, return_inverse=True)
    scores = np.zeros((len(truth), len(classes)), np.float32)
    for held_out in np.unique(fold):
        train, test = fold != held_out, fold == held_out
        present, labels = np.unique(truth[train], return_inverse=True)  # others get score 0
        scores[np.ix_(test, present)] = _posterior(features[train], labels, features[test])
    return Answers(scores, truth, person, np.arange(len(truth)))


def _posterior(train: Floats, truth: Ids, test: Floats) -> Floats:
    """Probabilities of the classes 0..C-1, (N, C)."""
    counts = np.bincount(truth)
    means = np.stack([train[truth == c].mean(axis=0) for c in range(len(counts))])  # (C, D)
    whitening = _whitening(train - means[truth], train.std(axis=0), len(train) - len(counts))
    middle = train.mean(axis=0)
    train, test, means = ((part - middle) @ whitening for part in (train, test, means))
    linear = test @ means.T - (means**2).sum(axis=1) / 2  # (N, C)
    linear = np.exp(linear - linear.max(axis=1, keepdims=True))
    classifier = KNeighborsClassifier(min(N_NEIGHBOURS, len(train))).fit(train, truth)
    near = classifier.predict_proba(test) / counts
    posteriors = [part / part.sum(axis=1, keepdims=True) for part in (linear, near)]
    return np.asarray(np.mean(posteriors, axis=0), np.float32)


def _whitening(centred: Floats, spread: Floats, n_free: int) -> Floats:
    """The matrix, (D, D), that turns the covariance within classes into the identity.

    `centred`, (N, D), has mean 0 in each class and `n_free` degrees of freedom; `spread`, (D,), is
    the standard deviation over all classes.
    """
    # Shrinkage pulls towards equal variances, so features are first scaled to equal ones.
    within = np.sqrt((centred**2).sum(axis=0) / max(1, n_free))
    scale = np.maximum(np.maximum(within, spread / 100), 1e-6)
    covariance, _ = ledoit_wolf(centred / scale, assume_centered=True)
    values, vectors = np.linalg.eigh(covariance * len(centred) / max(1, n_free))
    return np.asarray(vectors / np.sqrt(np.maximum(values, 1e-4)) / scale[:, None], np.float32)
