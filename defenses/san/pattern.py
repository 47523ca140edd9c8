"""The prototypes' pattern alone: what a semi-adversarial network must beat."""

from dataclasses import dataclass

import numpy as np
import torch

from bench.api import Context, Weights, field
from bench.faces import Faces, Release
from bench.nn.classifier import on
from bench.registry import register
from defenses.san.alignment import AT_ONCE
from defenses.san.auxiliary import dealt, gender_classifiers
from defenses.san.family import TAKEN_FOR, Towards
from defenses.san.pictures import EDGE, scaled


@register("prototype_pattern")
@dataclass(frozen=True)
class PrototypePattern(Towards):
    """Adds w (P_other - P_own) to the logit of each pixel: no network that looks at the picture.

    The releases of the SAN authors' network differ by such a pattern and nothing else, since the
    prototype enters before a 1x1 convolution.

    Source: ours, after Mirjalili, Raschka, Namboodiri, Ross, ICB 2018.
    """

    w: float = field(4.0, about="strength, per unit of the prototypes' 0..1", at="protect")

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The prototypes, and the classifier that says which gender a picture is taken for."""
        deal = dealt(faces.labels["identity"], context)
        return {
            **self.averages(faces, self.points(faces.images, context), context),
            **gender_classifiers(self.classifier, faces, deal, self.auxiliary_steps, context),
        }

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures with the pattern; which gender each was taken for is noted."""
        gender, device = self.taken_for(faces, weights, context), context.device
        laid = self.laid(self.points(faces.images, context), weights, context)
        told, images, made = on(device, gender), on(device, faces.images), []
        for rows in torch.split(torch.arange(len(faces), device=device), AT_ONCE):
            own, other = laid.joined(self.prototype, told, rows)  # (B, 3, H, W) each
            start = torch.logit(scaled(images[rows], 3), EDGE)
            made.append(torch.sigmoid(start + self.w * (other - own)).cpu().numpy())
        return Release(np.concatenate(made), {TAKEN_FOR: gender})
