"""The pattern of the prototypes alone: a baseline for semi-adversarial networks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.api import Context, Weights, field
from bench.faces import Faces, Release
from bench.registry import register
from defenses.san.prototype_defense import PrototypeDefense

if TYPE_CHECKING:
    from torch import Tensor


@register("prototype_pattern")
@dataclass(frozen=True)
class PrototypePattern(PrototypeDefense):
    """Adds w (P_other - P_own) to the logit of each pixel: no network looks at the picture.

    SM, NT and OP of the SAN authors' network differ only by such a pattern, because the prototype
    enters before a 1x1 convolution.

    It works for any number of classes, as of `attribute=age`.

    Source: ours, after Mirjalili, Raschka, Namboodiri, Ross, ICB 2018 [mirjalili2018san].
    """

    w: float = field(4.0, about="strength; prototypes are 0..1", at="protect")

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The prototypes, and the classifiers that estimate the class."""
        from bench.nn.estimation import split_by_person
        from defenses.san.auxiliary import N_HELD, classifiers
        from defenses.san.prototypes import fitted_prototypes

        faces = self.labelled(faces)
        label, points = faces.labels[self.attribute], self.points(faces, context)
        found = fitted_prototypes(faces.images, label, points, self.warp, context.device)
        if not self.learns_of_people:
            return found
        split = split_by_person(faces.labels["identity"], context, N_HELD)
        return {**found, **classifiers(self, faces, split, len(found["prototypes"]) - 1, context)}

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures with the pattern added; note: the assumed class."""
        import torch

        from bench.nn.classifier import exact_outputs
        from defenses.san.nets import EDGE, scaled
        from defenses.san.prototypes import prototypes_for

        assumed, device = self.assumed_class(faces, weights, context), context.device
        prototypes = prototypes_for(self.points(faces, context), weights, self.warp, device)

        def moved(images: "Tensor", assumed: "Tensor", index: "Tensor") -> "Tensor":
            own, other = prototypes.pairs(self.prototype, assumed, index)  # (B, 3, H, W) each
            return torch.sigmoid(torch.logit(scaled(images, 3), EDGE) + self.w * (other - own))

        made = exact_outputs(moved, device, faces.images, assumed, np.arange(len(faces)))
        return Release(made.numpy(), {self.note: assumed})
