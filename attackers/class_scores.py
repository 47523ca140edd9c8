"""A classifier outside, whose scores came back in a file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Classifier, Context, Knowledge, Threat, Weights
from bench.data.outside_scores import OutsideAttacker, learned, looked_up, read_scores
from bench.faces import Sample, Target
from bench.registry import register


@register("class_scores")
@dataclass(frozen=True)
class ClassScores(OutsideAttacker, Classifier):
    """Answers with the scores of classes that a program outside gave (`bench scores`).

    It learns nothing from the pictures, so it is never evidence of hiding alone.

    Source: ours; in the role of IntraFace and G-COTS in Mirjalili et al., ICB 2018
        [mirjalili2018san].
    """

    def skip_reason(self, target: Target, threat: Threat, protocol: str) -> str:
        """Why this attacker cannot answer under this threat; empty if it can."""
        if target.name == "identity":
            return "a program outside names no people; use similarities"
        return super().skip_reason(target, threat, protocol)

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The digest of each picture and its scores, in the order of the target's classes.

        Raises:
            ValueError: if a class, which may be known only now, has no scores.
        """
        scores, target = read_scores(self.answers), knowledge.target
        if lacking := scores.lacking(target):
            raise ValueError(f"expected all classes in {self.answers}, got {lacking}; export anew")
        order = [scores.classes.index(name) for name in target.classes]
        return learned(scores._replace(values=scores.values[:, order]))

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """The program's scores, (N, C)."""
        return looked_up(sample.inputs, weights)
