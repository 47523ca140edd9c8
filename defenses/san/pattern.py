"""The pattern of the prototypes alone: a baseline for semi-adversarial networks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.api import Context, Weights, field
from bench.faces import Faces, Release
from bench.registry import register
from defenses.san.prototype_defense import GENDER_NOTE, PrototypeDefense

if TYPE_CHECKING:
    from torch import Tensor


@register("prototype_pattern")
@dataclass(frozen=True)
class PrototypePattern(PrototypeDefense):
    """Adds w (P_other - P_own) to the logit of each pixel: no network looks at the picture.

    SM, NT and OP of the SAN authors' network differ only by such a pattern, because the prototype
    enters before a 1x1 convolution.

    Source: ours, after Mirjalili, Raschka, Namboodiri, Ross, ICB 2018 [mirjalili2018san].
    """

    w: float = field(4.0, about="strength; prototypes are 0..1", at="protect")

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The prototypes, and the classifiers that estimate gender."""
        from defenses.san.auxiliary import gender_classifiers, split_by_person
        from defenses.san.gender_prototypes import fitted_prototypes

        split, steps = split_by_person(faces.labels["identity"], context), self.auxiliary_steps
        points = self.points(faces.images, context)
        return {
            **fitted_prototypes(faces, points, context.device),
            **gender_classifiers(self.classifier, faces, split, steps, context),
        }

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures with the pattern added; note: the assumed gender."""
        import torch

        from bench.nn.classifier import exact_outputs
        from defenses.san.gender_prototypes import prototypes_for
        from defenses.san.nets import EDGE, scaled

        gender, device = self.assumed_gender(faces, weights, context), context.device
        prototypes = prototypes_for(self.points(faces.images, context), weights, device)

        def moved(images: "Tensor", gender: "Tensor", index: "Tensor") -> "Tensor":
            own, other = prototypes.pairs(self.prototype, gender, index)  # (B, 3, H, W) each
            return torch.sigmoid(torch.logit(scaled(images, 3), EDGE) + self.w * (other - own))

        made = exact_outputs(moved, device, faces.images, gender, np.arange(len(faces)))
        return Release(made.numpy(), {GENDER_NOTE: gender})
