"""A sequence of semi-adversarial networks."""

from dataclasses import dataclass, replace

import numpy as np

from bench.api import Context, Weights, field
from bench.faces import Array, Faces, Release
from bench.nn.state import with_prefix, without_prefix
from bench.registry import register
from defenses.san.autoencoder_defense import AutoencoderDefense


@register("flow_san")
@dataclass(frozen=True)
class FlowSAN(AutoencoderDefense):
    """Trains each network on releases of the previous one, against classifiers trained on these.

    The first classifiers estimate the assumed class.

    Source: Mirjalili, Raschka, Ross, IEEE Access 2019, arXiv:1905.01388 [mirjalili2019flowsan].
    Differs from it: as `san` differs from the semi-adversarial network.
    """

    n: int = field(2, about="number of networks", within="[1, 100]")

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The weights of each network, `flow0.*`, ..., and those of the first without a prefix.

        Training uses the true class, and moves pictures to the opposite one.
        """
        found: dict[str, Array] = {}
        shown = self.labelled(faces)
        own = np.asarray(shown.labels[self.attribute], np.int64)
        points = self.points(shown, context)
        plain = replace(self, prototype="OP", strength=1.0)  # as in training
        for number in range(self.n):
            learned = self.fit_networks(shown, points, context)
            found |= with_prefix(f"flow{number}", learned)
            moved = plain.moved(shown.images, points, own, learned, context.device)
            shown = shown.with_images(moved)
        return {**found, **without_prefix("flow0", found)}

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures after all networks; note: the assumed class.

        `strength` applies to the last network, because training used strength 1 for the others.
        """
        assumed, images = self.assumed_class(faces, weights, context), faces.images
        points = self.points(faces, context)
        steps = [replace(self, strength=1.0)] * (self.n - 1) + [self]
        for number, step in enumerate(steps):
            learned = without_prefix(f"flow{number}", weights)
            images = step.moved(images, points, assumed, learned, context.device)
        return Release(images, {self.note: assumed})
