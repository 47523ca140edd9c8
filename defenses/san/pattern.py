"""The fixed pattern alone: what a semi-adversarial network must beat."""

from dataclasses import dataclass

import torch

from bench.api import Context, Weights, field
from bench.faces import Faces, Release
from bench.nn.classifier import on
from bench.registry import register
from defenses.san.auxiliary import dealt, gender_classifiers
from defenses.san.family import TAKEN_FOR, Towards
from defenses.san.pictures import EDGE, joined_with, scaled


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
            **self.averages(faces, self.points(faces.images, context), context),
            **gender_classifiers(self.classifier, faces, deal, self.auxiliary_steps, context),
        }

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures with the pattern; which gender each was taken for is noted."""
        gender, device = self.taken_for(faces, weights, context), context.device
        three, told = on(device, weights["prototypes"]), on(device, gender)
        places = self.places(self.points(faces.images, context), weights, context)
        own, other = joined_with(self.prototype, three, told, places)  # (N, 3, H, W) each
        start = torch.logit(scaled(on(device, faces.images), 3), EDGE)
        moved = torch.sigmoid(start + self.w * (other - own))
        return Release(moved.cpu().numpy(), {TAKEN_FOR: gender})
