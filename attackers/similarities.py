"""A matcher outside, whose similarities came back in a file."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Knowledge, Matcher, Weights
from bench.data.outside_scores import OutsideAttacker, learned, looked_up, read_scores
from bench.faces import Sample
from bench.registry import register


@register("similarities")
@dataclass(frozen=True)
class Similarities(OutsideAttacker, Matcher):
    """Matches pictures by the similarities that a program outside gave (`bench scores`).

    It learns nothing from the pictures, so it is never evidence of hiding alone. Of a person with
    several enrolled pictures, the mean similarity counts, times the root of their number.

    Source: ours; in the role of M-COTS in Mirjalili et al., ICB 2018 [mirjalili2018san].
    """

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The digest of each picture and its template."""
        return learned(read_scores(self.answers))

    def embed(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Unit vectors whose cosines order pairs as the similarities do."""
        return looked_up(sample.inputs, weights)
