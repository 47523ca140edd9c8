"""Cross-validated answers of a simple classifier of features."""

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.spatial import KDTree

from bench.answers import Answers

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]

N_FOLDS = 5
N_NEIGHBOURS = 15
_TREE_FEATURES = 15  # up to which a tree finds neighbours faster than a matrix product
_DISTANCES = 2**21  # at once
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
    near = _votes(train, truth, test, len(counts)) / counts
    posteriors = [part / part.sum(axis=1, keepdims=True) for part in (linear, near)]
    return np.asarray(np.mean(posteriors, axis=0), np.float32)


def _votes(train: Floats, truth: Ids, test: Floats, n_classes: int) -> Ids:
    """How many of the nearest training pictures are of each class, (N, C)."""
    k = min(N_NEIGHBOURS, len(train))
    if train.shape[1] <= _TREE_FEATURES:
        near = KDTree(train).query(test, np.arange(1, k + 1))[1]  # (N, k)
    else:
        length = (train**2).sum(axis=1) / 2
        parts = np.array_split(test, 1 + len(test) * len(train) // _DISTANCES)
        near = np.concatenate(
            [np.argpartition(length - part @ train.T, k - 1)[:, :k] for part in parts]
        )
    cell = np.arange(len(test))[:, None] * n_classes + truth[near]
    return np.bincount(cell.ravel(), minlength=len(test) * n_classes).reshape(-1, n_classes)


def _whitening(centred: Floats, spread: Floats, n_free: int) -> Floats:
    """The matrix, (D, D), that turns the covariance within classes into the identity.

    `centred`, (N, D), has mean 0 in each class and `n_free` degrees of freedom; `spread`, (D,), is
    the standard deviation over all classes.
    """
    # Shrinkage pulls towards equal variances, so features are first scaled to equal ones.
    within = np.sqrt((centred**2).sum(axis=0) / max(1, n_free))
    scale = np.maximum(np.maximum(within, spread / 100), 1e-6)
    covariance = _shrunk_covariance(centred / scale) * len(centred) / max(1, n_free)
    root = linalg.cholesky(covariance + 1e-4 * np.eye(len(scale)), lower=True)  # in float64
    return np.asarray(linalg.lapack.dtrtri(root, lower=True)[0].T / scale[:, None], np.float32)


def _shrunk_covariance(centred: Floats) -> Floats:
    """Covariance, (D, D), shrunk towards equal variances without covariances.

    Source: Ledoit and Wolf, Journal of Multivariate Analysis 88 (2004), as in scikit-learn (which
    takes a second to import); the sum of all fourth moments is one over pictures.
    """
    n, n_features = centred.shape
    covariance = centred.T @ centred / n
    mean = float(np.trace(covariance)) / n_features
    spread = float(np.square(covariance, dtype=np.float64).sum())
    fourth = float(np.square((centred**2).sum(axis=1), dtype=np.float64).sum())
    noise = (fourth / n - spread) / n
    excess = spread - n_features * mean**2
    share = min(noise, excess) / excess if excess > 0 else 0
    target = mean * np.eye(n_features, dtype=np.float32)
    return np.asarray((1 - share) * covariance + share * target)
