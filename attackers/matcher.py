"""A network that decides whether two pictures show one person."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Knowledge, Matcher, Weights
from bench.faces import Sample
from bench.nn.people import PeopleNet
from bench.registry import register


@register("matcher")
@dataclass(frozen=True)
class NetMatcher(PeopleNet, Matcher):
    """Trains an embedding of faces until it stops improving on held-out people.

    Source: Wang et al., CosFace, CVPR 2018 (`margin`); Schroff, Kalenichenko, Philbin, FaceNet,
    CVPR 2015, and the SAN authors' slides (`triplet`: anchor, positive, negative).
    Differs from it: any network; stopped on pairs of validation people; CosFace's scale is 24 and
    its margin 0.2, for hundreds of people.
    """

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The network's state and its learning curve."""
        return self.learned(knowledge, context)

    def embed(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Unit vectors, (N, width)."""
        return self.templates(sample.inputs, weights, context)
