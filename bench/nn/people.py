"""The base class of attackers that embed faces; importing it does not import torch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Knowledge, Weights, field
from bench.faces import Array
from bench.nn.attacker import PictureAttacker
from bench.nn.state import restored


@dataclass(frozen=True)
class PeopleNet(PictureAttacker):
    """An attacker with a network whose embeddings of faces identify people."""

    width: int = field(128, about="dimension of a template; 512 for `facenet`")
    loss: str = field("margin", about="`margin` (CosFace) or `triplet` (hardest of the batch)")
    weights: str = field("", about="NAME: start from $BENCH_WEIGHTS/NAME.pt (`facenet`)")
    sha256: str = field("", about="SHA-256 of that file")

    def __post_init__(self) -> None:
        if self.backbone == "facenet" and self.width != 512:
            raise ValueError(f"expected width=512 for facenet, got {self.width}")
        if self.weights and self.backbone != "facenet":
            raise ValueError(f"expected backbone=facenet with weights, got {self.backbone}")

    def learned(self, knowledge: Knowledge, context: Context) -> Weights:
        """The network's state and its learning curve."""
        from bench.nn.backbones import backbone
        from bench.nn.classifier import Labelled
        from bench.nn.embedder import fitted
        from bench.nn.weights import facenet

        parts = (knowledge.train, knowledge.valid)
        train, valid = (Labelled(part.inputs, part.labels["person"]) for part in parts)
        size_px, start = train.inputs.shape[-1], knowledge.start
        if self.weights and not start:
            start = facenet(self.weights, self.sha256)
        return fitted(
            lambda: backbone(self.backbone, self.width, size_px),
            *(self.width, train, valid, self.loss, self.prepare, self.schedule, context, start),
        )

    def templates(self, inputs: Array, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Unit vectors, (N, width): means over a picture and, with `flip`, its mirror image."""
        from bench.nn.backbones import backbone
        from bench.nn.embedder import embedded

        net = backbone(self.backbone, self.width, inputs.shape[-1])
        net = restored(net, weights, context.device)
        made = [embedded(net, v, self.prepare, context.device) for v in self.views(inputs)]
        mean = np.mean(made, axis=0)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)
