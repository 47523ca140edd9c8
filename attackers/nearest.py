"""The nearest class mean: an attacker without hyperparameters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Classifier, Context, Knowledge, Weights
from bench.faces import Array, Sample
from bench.memory import blocks, mean_and_std
from bench.registry import register


@register("nearest")
@dataclass(frozen=True)
class Nearest(Classifier):
    """Scores a class by the negated squared distance to its mean, in standardised inputs.

    Source: Tibshirani et al., PNAS 99(10), 2002 [tibshirani2002centroids] (nearest centroid,
        without shrinkage).
    """

    forms = frozenset({"pixels", "codes"})

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """Mean and scale of the inputs, (D,), and class means, (C, D); far away if unseen."""
        x, truth = _flat(knowledge.train), knowledge.train.labels[knowledge.target.name]
        mean, scale = mean_and_std(x)
        scale += 1e-3
        means = np.full((len(knowledge.target.classes), len(mean)), 1e3)
        for number in np.unique(truth):
            own, total = np.flatnonzero(truth == number), np.zeros_like(mean)
            for at in blocks(mean[None], len(own)):
                total += x[own[at]].sum(axis=0, dtype=float)
            means[number] = (total / len(own) - mean) / scale
        learned = {"mean": mean, "scale": scale, "means": means}
        return {name: array.astype(np.float32) for name, array in learned.items()}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Negated mean squared distances, (N, C)."""
        x, means = _flat(sample), weights["means"]
        lengths = np.square(means).sum(axis=1)  # (C,)
        scores = np.empty((len(x), len(means)), np.float32)
        for at in blocks(means, len(x)):
            part = np.asarray(x[at] - weights["mean"], np.float32)  # (B, D)
            part /= weights["scale"]
            scores[at] = 2 * (part @ means.T) - lengths
            scores[at] -= np.square(part).sum(axis=1, keepdims=True)
        return scores / np.float32(x.shape[1])


def _flat(sample: Sample) -> Array:
    return sample.inputs.reshape(len(sample), -1)  # (N, D), bytes or float32
