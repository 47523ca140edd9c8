"""Infers an attribute from the most similar faces of other people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Classifier, Context, Knowledge, Weights, field
from bench.faces import Sample
from bench.memory import blocks
from bench.nn.attacker import PeopleNet
from bench.registry import register


@register("neighbours")
@dataclass(frozen=True)
class Neighbours(PeopleNet, Classifier):
    """Trains a matcher and lets the nearest training pictures vote.

    An attack on defenses that hide an attribute and keep identity: where matching still works,
    similar people stay near, and they often share gender and age.

    Source: ours; votes as in Dudani, IEEE Transactions on SMC 6 (1976) [dudani1976knn] (weighted
        neighbours).
    """

    k: int = field(15, about="neighbours that vote", within="[1, 1e6]")

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The network's state, its learning curve, and labelled templates of training pictures."""
        weights = super().fit(knowledge, context)
        return {**weights, **self.known(knowledge.train, knowledge.target, weights, context)}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Logarithms of shares of votes, (N, C); a vote is weighted by its cosine."""
        made, truth = self.embed(sample, weights, context), weights["known.truth"]
        member = np.eye(int(weights["n_classes"][0]), dtype=np.float32)[truth]  # (M, C)
        known, scores = weights["known.templates"].T, []
        for at in blocks(known, len(made)):
            cosine = made[at] @ known  # (B, M)
            k = min(self.k, cosine.shape[1])
            near = np.argpartition(-cosine, k - 1, axis=1)[:, :k]  # (B, k), in any order
            order = np.argsort(-np.take_along_axis(cosine, near, axis=1), axis=1)
            near = np.take_along_axis(near, order, axis=1)
            weight = np.exp(10 * np.take_along_axis(cosine, near, axis=1))
            votes = (weight[..., None] * member[near]).sum(axis=1)  # (B, C)
            scores.append(np.log(votes / votes.sum(axis=1, keepdims=True) + 1e-3))
        return np.concatenate(scores).astype(np.float32)
