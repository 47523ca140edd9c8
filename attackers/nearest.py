"""The nearest class mean: an attacker without hyperparameters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Classifier, Context, Knowledge, Weights
from bench.faces import Sample
from bench.registry import register


@register("nearest")
@dataclass(frozen=True)
class Nearest(Classifier):
    """Scores a class by the negated squared distance to its mean, in standardised inputs.

    Source: Tibshirani et al., PNAS 99(10), 2002 (nearest centroid, without shrinkage).
    """

    forms = frozenset({"pixels", "codes"})

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """Mean and scale of the inputs, (D,), and class means, (C, D); far away if unseen."""
        x, truth = _flat(knowledge.train), knowledge.train.labels[knowledge.target.name]
        mean, scale = x.mean(axis=0), x.std(axis=0) + np.float32(1e-3)
        x = (x - mean) / scale
        means = np.full((len(knowledge.target.classes), x.shape[1]), 1e3, np.float32)
        for number in np.unique(truth):
            means[number] = x[truth == number].mean(axis=0)
        return {"mean": mean, "scale": scale, "means": means}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Negated mean squared distances, (N, C)."""
        x, means = (_flat(sample) - weights["mean"]) / weights["scale"], weights["means"]
        lengths = [(part**2).sum(axis=1, keepdims=True) for part in (x, means)]
        scores: NDArray[np.float32] = (2 * x @ means.T - lengths[0] - lengths[1].T) / x.shape[1]
        return scores


def _flat(sample: Sample) -> NDArray[np.float32]:
    return sample.inputs.reshape(len(sample), -1).astype(np.float32)  # (N, D)
