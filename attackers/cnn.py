"""A convolutional network on pictures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Classifier, Context, Knowledge, Weights, field
from bench.faces import Sample
from bench.nn.classifier import backbone
from bench.nn.inputs import Pictures
from bench.nn.state import restored
from bench.nn.training import Labelled, Schedule, answered, fitted
from bench.registry import register


@register("cnn")
@dataclass(frozen=True)
class CNN(Classifier):
    """Trains a network until it has converged on people or takes that it does not train on.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018 (the default network).
    Differs from it: AdamW and stopping on validation rows, where the authors take ten epochs of SGD
    and keep the best on the test set; pictures are moved and mirrored; on protected pictures it
    starts from what it learned on raw ones.
    """

    uses_start = True

    backbone: str = field("pprl", about="`pprl`, `resnet`, or `timm/NAME`: any of timm, untrained")
    lr: float = field(2e-3, about="highest learning rate of AdamW")
    batch: int = field(64, about="pictures per step")
    steps: int = field(100, about="of the first round; each further one is twice as long")
    rounds: int = field(6, about="of training, at most; see bench.nn.training")
    shift: float = field(0.06, about="largest move of a training picture, fraction of its side")
    flip: bool = field(True, about="mirror half of the training pictures")
    warp: float = field(0.0, about="largest turn (rad), resize and move (fraction) in training")
    light: float = field(0.0, about="largest change of contrast and brightness in training")

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The network's state and its learning curve."""
        name, n_classes = knowledge.target.name, len(knowledge.target.classes)
        train, valid = (
            Labelled(part.inputs, part.labels[name]) for part in (knowledge.train, knowledge.valid)
        )
        size_px = train.inputs.shape[-1]
        schedule = Schedule(self.lr, self.batch, self.steps, self.rounds)
        weights = fitted(
            lambda: backbone(self.backbone, n_classes, size_px),
            train,
            valid,
            Pictures(self.shift, self.flip, self.warp, self.light),
            schedule,
            context,
            knowledge.start,
        )
        return {**weights, "n_classes": np.array([n_classes])}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Log-probabilities, (N, C): the mean over the picture and, with `flip`, its mirror."""
        net = backbone(self.backbone, int(weights["n_classes"][0]), sample.inputs.shape[-1])
        net = restored(net, weights, context.device)
        views = [sample.inputs, sample.inputs[..., ::-1]][: 1 + self.flip]
        answers = [answered(net, view, Pictures(), context.device) for view in views]
        scores: NDArray[np.float32] = np.mean(answers, axis=0, dtype=np.float32)
        return scores
