"""Surrogates that people can label instead of pictures."""

from dataclasses import dataclass

import numpy as np

from bench.api import field
from bench.faces import Faces
from bench.metrics.means import agreement
from bench.operation import Applied, Operation, Pictures, Tools, folders
from bench.registry import register


@register("surrogate")
@dataclass(frozen=True)
class Surrogate(Operation):
    """Replaces every face by a generated one.

    Source: Shirai and Whitehill, CVPR-W 2019, figure 1.
    """

    defense = "began_cs"

    target: str = field("expression", about="label to keep")

    def apply(self, pictures: Pictures, tools: Tools) -> Applied:
        """A surrogate of each picture; the sheet shows it below the picture."""
        images = np.stack([*pictures.values()])  # (N, 3, H, W)
        faces = Faces(images, {}, np.arange(len(images)))
        release = tools.defense.protect(faces, tools.weights, tools.context)
        made = np.asarray(release.images, np.uint8)
        folder = folders(pictures)
        measures = {
            f"{target} kept": tools.judged(
                target, lambda judge: agreement(judge.ask(images), judge.ask(made), folder)
            )
            for target in (self.target, "identity")
        }
        named = dict(zip(pictures, made, strict=True))
        return Applied(named, images[:0], {"input": images, "surrogate": made}, measures)
