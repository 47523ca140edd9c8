"""What attackers that train a network share: fields of training, and how answers are made."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from bench.api import Attacker, Classifier, Context, Knowledge, Weights, field
from bench.faces import Array, Sample
from bench.nn.classifier import Labelled, answered, fitted
from bench.nn.inputs import Pictures, Prepare
from bench.nn.state import restored
from bench.nn.training import Schedule


@dataclass(frozen=True)
class NetAttacker(Attacker):
    """An attacker with a network."""

    lr: float = field(2e-3, about="highest learning rate of AdamW")
    batch: int = field(64, about="inputs per step")
    steps: int = field(100, about="of the first round; each further one is twice as long")
    rounds: int = field(6, about="of training, at most; see bench.nn.training")

    @property
    def schedule(self) -> Schedule:
        """How it trains."""
        return Schedule(self.lr, self.batch, self.steps, self.rounds)

    @property
    def prepare(self) -> Prepare:
        """What it makes of stored inputs: float codes as they are, bytes scaled to [-1, 1]."""
        return Pictures()

    def views(self, inputs: Array) -> list[Array]:
        """Versions of the inputs whose answers are averaged."""
        return [inputs]


@dataclass(frozen=True)
class PictureAttacker(NetAttacker):
    """An attacker with a network on pictures, which are moved and mirrored while it trains.

    On protected pictures it starts from what it learned on raw ones.
    """

    uses_start = True

    backbone: str = field("pprl", about="`pprl`, `san`, `resnet`, `facenet` or any `timm/NAME`")
    shift: float = field(0.06, about="largest move of a training picture, fraction of its side")
    flip: bool = field(True, about="mirror half of the training pictures")
    warp: float = field(0.0, about="largest turn (rad), resize and move (fraction) in training")
    light: float = field(0.0, about="largest change of contrast and brightness in training")

    @property
    def prepare(self) -> Prepare:
        """Bytes scaled to [-1, 1]; training pictures are changed first."""
        return Pictures(self.shift, self.flip, self.warp, self.light)

    def views(self, inputs: Array) -> list[Array]:
        """The pictures and, with `flip`, their mirror images."""
        return [inputs, inputs[..., ::-1]][: 1 + self.flip]


@dataclass(frozen=True)
class NetClassifier(NetAttacker, Classifier):
    """A classifier that is a network."""

    @abstractmethod
    def net(self, n_classes: int, shape: tuple[int, ...]) -> nn.Module:
        """The untrained network that gives logits, (N, n_classes), for inputs (N, *shape)."""

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The network's state and its learning curve."""
        name, n_classes = knowledge.target.name, len(knowledge.target.classes)
        train, valid = (
            Labelled(part.inputs, part.labels[name]) for part in (knowledge.train, knowledge.valid)
        )
        weights = fitted(
            lambda: self.net(n_classes, train.inputs.shape[1:]),
            train,
            valid,
            self.prepare,
            self.schedule,
            context,
            knowledge.start,
        )
        return {**weights, "n_classes": np.array([n_classes])}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Log-probabilities, (N, C), the mean over all views."""
        net = self.net(int(weights["n_classes"][0]), sample.inputs.shape[1:])
        net = restored(net, weights, context.device)
        answers = [
            answered(net, v, self.prepare, context.device) for v in self.views(sample.inputs)
        ]
        return np.asarray(np.mean(answers, axis=0), np.float32)
