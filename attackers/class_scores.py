"""A classifier outside, whose scores came back in a file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Classifier, Context, Knowledge, Threat, Weights, field
from bench.data.outside_scores import learned, looked_up, missing_scores, read_scores
from bench.faces import Sample, Target
from bench.registry import register


@register("class_scores")
@dataclass(frozen=True)
class ClassScores(Classifier):
    """Answers with the scores of classes that a program outside gave (`bench scores`).

    It learns nothing from the pictures, so it is never evidence of hiding alone.

    Source: ours; in the role of IntraFace and G-COTS in Mirjalili et al., ICB 2018
        [mirjalili2018san].
    """

    answers: str = field("", about="NAME-DIGEST, as `bench scores read` prints it")

    @property
    def frozen(self) -> bool:
        """Yes."""
        return True

    @property
    def not_installed(self) -> str:
        """How to get its scores; empty if they are here."""
        return missing_scores(self.answers)

    def skip_reason(self, target: Target, threat: Threat, protocol: str) -> str:
        """Why this attacker cannot answer under this threat; empty if it can."""
        if target.name == "identity":
            return "a program outside names no people; use similarities"
        if not self.not_installed:
            classes = read_scores(self.answers).classes
            if {*classes} != {*target.classes}:
                return f"{self.answers} does not tell {target.name}"
        return super().skip_reason(target, threat, protocol)

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The digest of each picture and its scores, in the order of the target's classes."""
        scores = read_scores(self.answers)
        order = [scores.classes.index(name) for name in knowledge.target.classes]
        return learned(scores._replace(values=scores.values[:, order]))

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """The program's scores, (N, C)."""
        return looked_up(sample.inputs, weights)
