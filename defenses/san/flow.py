"""Semi-adversarial networks one after the other."""

from dataclasses import dataclass, replace

import numpy as np

from bench.api import Context, Weights, field
from bench.faces import Array, Faces, Release
from bench.registry import register
from defenses.san.auxiliary import part, under
from defenses.san.family import TAKEN_FOR
from defenses.san.network import Network


@register("flow_san")
@dataclass(frozen=True)
class FlowSAN(Network):
    """Trains each network on what the one before gives out, against classifiers trained on that.

    Which gender a picture is taken for is asked of the first classifiers only.

    Source: Mirjalili, Raschka, Ross, IEEE Access 2019, arXiv:1905.01388.
    Differs from it: as `san` differs from the semi-adversarial network.
    """

    n: int = field(2, about="networks")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n < 1:
            raise ValueError(f"a flow has 1 network or more, got n={self.n}")

    def fit(self, faces: Faces, context: Context) -> Weights:
        """What each network learned, under `flow0`, ...; the first one's stand for all.

        While they train, pictures are moved by their true gender, to the other one.
        """
        found: dict[str, Array] = {}
        gender, shown = np.asarray(faces.labels["gender"], np.int64), faces
        points = self.points(faces.images, context)
        for number in range(self.n):
            learned = self.learned(shown, points, context)
            found |= under(f"flow{number}", learned)
            plain = replace(self, prototype="OP", strength=1.0)  # whatever is asked for later
            moved = plain.moved(shown.images, points, gender, learned, context)
            shown = shown.with_images(moved)
        return {**found, **part(found, "flow0")}

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures after all networks; which gender each was taken for is noted.

        `strength` is that of the last network: the others give out what the next was trained on.
        """
        gender, images = self.taken_for(faces, weights, context), faces.images
        points = self.points(images, context)
        steps = [replace(self, strength=1.0)] * (self.n - 1) + [self]
        for number, step in enumerate(steps):
            images = step.moved(images, points, gender, part(weights, f"flow{number}"), context)
        return Release(images, {TAKEN_FOR: gender})
