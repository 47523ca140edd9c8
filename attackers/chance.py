"""A baseline that ignores its input."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Classifier, Context, Knowledge, Weights
from bench.faces import Sample
from bench.registry import register


@register("chance")
@dataclass(frozen=True)
class Chance(Classifier):
    """Scores each class by its share of the training pictures.

    Source: ours.
    """

    forms = frozenset({"pixels", "codes"})

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The share of each class, (C,)."""
        truth = knowledge.train.labels[knowledge.target.name].astype(np.int64)
        counts = np.bincount(truth, minlength=len(knowledge.target.classes))
        return {"shares": (counts / len(truth)).astype(np.float32)}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """The same shares for every input, (N, C)."""
        return np.tile(weights["shares"], (len(sample), 1)).astype(np.float32)
