"""Recognises the person and looks up the attribute in a gallery."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Classifier, Context, Knowledge, Weights
from bench.faces import Sample
from bench.nn.attacker import PeopleNet
from bench.registry import register


@register("lookup")
@dataclass(frozen=True)
class Lookup(PeopleNet, Classifier):
    """Trains a matcher and answers with the label of the nearest raw gallery picture.

    An attack on defenses that hide an attribute and keep identity: whoever can match a picture can
    look up the person's gender. Needs a threat with `gallery=true`.

    Source: ours.
    """

    uses_gallery = True

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The network's state, its learning curve, and the gallery's templates with labels."""
        if knowledge.gallery is None or not len(knowledge.gallery):
            raise ValueError("expected a gallery; use a threat with gallery=true, and takes")
        weights = super().fit(knowledge, context)
        return {**weights, **self.known(knowledge.gallery, knowledge.target, weights, context)}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """For each class the cosine with its nearest gallery picture, (N, C); -1 if it has none."""
        made = self.embed(sample, weights, context)
        scores = np.full((len(made), int(weights["n_classes"][0])), -1, np.float32)
        for number in np.unique(weights["known.truth"]):
            own = weights["known.templates"][weights["known.truth"] == number]
            scores[:, number] = (made @ own.T).max(axis=1)
        return scores
