"""A matcher outside, whose similarities came back in a file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Knowledge, Matcher, Weights, field
from bench.data.outside_scores import learned, looked_up, missing_scores, read_scores
from bench.faces import Sample
from bench.registry import register


@register("similarities")
@dataclass(frozen=True)
class Similarities(Matcher):
    """Matches pictures by the similarities that a program outside gave (`bench scores`).

    It learns nothing from the pictures, so it is never evidence of hiding alone. Of a person with
    several enrolled pictures, the mean similarity counts, times the root of their number.

    Source: ours; in the role of M-COTS in Mirjalili et al., ICB 2018 [mirjalili2018san].
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

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The digest of each picture and its template."""
        scores = read_scores(self.answers)
        if scores.classes:
            raise ValueError(
                f"expected similarities in {self.answers}, got scores of "
                f"{', '.join(scores.classes)}; use class_scores"
            )
        return learned(scores)

    def embed(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Unit vectors whose cosines order pairs as the similarities do."""
        return looked_up(sample.inputs, weights)
