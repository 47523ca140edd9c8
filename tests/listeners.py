"""A defense that discloses what it learned, and an attacker that keeps what it is told."""

from dataclasses import dataclass

import numpy as np

from bench.api import Classifier, Learned
from bench.faces import Release
from bench.registry import register


@register("learned_colour")
@dataclass(frozen=True)
class LearnedColour(Learned):
    """Learns the mean picture, and adds nothing to a picture. Source: ours."""

    discloses = frozenset({"mean", "nothing"})

    def fit(self, faces, context):
        return {"mean": faces.images.mean(axis=0).astype(np.float32), "secret": np.zeros(1, int)}

    def protect(self, faces, weights, context):
        return Release(faces.images)


@register("listener")
@dataclass(frozen=True)
class Listener(Classifier):
    """Keeps what it was told of the defense, and says nothing. Source: ours."""

    uses_told = True

    def fit(self, knowledge, context):
        return {**knowledge.disclosed, "n": np.array([len(knowledge.target.classes)])}

    def predict(self, sample, weights, context):
        return np.zeros((len(sample), int(weights["n"][0])), np.float32)
