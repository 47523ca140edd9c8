"""The fixed pattern alone: what a semi-adversarial network must beat."""

from dataclasses import dataclass

import numpy as np

from bench.api import Context, Weights, field
from bench.faces import Faces, Release
from bench.registry import register
from defenses.san.auxiliary import dealt, gender_classifiers
from defenses.san.family import TAKEN_FOR, Towards
from defenses.san.pictures import EDGE, prototypes


@register("prototype_pattern")
@dataclass(frozen=True)
class PrototypePattern(Towards):
    """Adds w (P_other - P_own) to the logit of each pixel: no network, whatever the picture shows.

    The releases of the SAN authors' network differ by such a pattern and nothing else, since the
    prototype enters before a 1x1 convolution.

    Source: ours, after Mirjalili, Raschka, Namboodiri, Ross, ICB 2018.
    """

    w: float = field(4.0, about="strength, per unit of the prototypes' 0..1", at="protect")

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The prototypes, and the classifier that tells whose picture it is."""
        deal = dealt(faces.labels["identity"], context)
        return {
            "prototypes": prototypes(faces.images, faces.labels["gender"]),
            **gender_classifiers(self.classifier, faces, deal, self.auxiliary_steps, context),
        }

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures with the pattern; which gender each was taken for is noted."""
        gender = self.taken_for(faces, weights, context)
        moved = {"SM": gender, "NT": np.full_like(gender, 2), "OP": 1 - gender}[self.prototype]
        three = weights["prototypes"]
        pattern = self.w * (three[moved] - three[gender])  # (N, 3, H, W)
        level = np.clip(faces.images.astype(np.float32) / 255, EDGE, 1 - EDGE)
        odds = level / (1 - level) * np.exp(pattern)
        return Release(odds / (1 + odds), {TAKEN_FOR: gender})
