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
from bench.nn.told import N_FEATURES, ToldNet, kinds_of, vectors
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

    backbone: str = field(
        "pprl", about="`pprl`, `san`, `vgg`, `resnet`, `facenet`, any `timm/NAME`"
    )
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
    """A classifier that is a network; what it is told joins the network's last features."""

    uses_told = True

    @abstractmethod
    def net(self, n_classes: int, shape: tuple[int, ...]) -> nn.Module:
        """The untrained network that gives logits, (N, n_classes), for inputs (N, *shape)."""

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The network's state and its learning curve."""
        name, parts = knowledge.target.name, (knowledge.train, knowledge.valid)
        about = {
            "n_classes": np.array([len(knowledge.target.classes)]),
            **kinds_of(*(part.notes for part in parts)),
        }
        train, valid = (
            Labelled(part.inputs, part.labels[name], vectors(part.notes, about)) for part in parts
        )
        start = knowledge.start

        def build() -> nn.Module:
            net = self._built(train, about)
            if isinstance(net, ToldNet) and start:
                net.take_features(start)
            return net

        warm = None if knowledge.told else start  # nobody told the start: it has no such end
        weights = fitted(build, train, valid, self.prepare, self.schedule, context, warm)
        return {**weights, **about}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Log-probabilities, (N, C), the mean over all views."""
        told = vectors(sample.notes, weights)
        net = self._built(Labelled(sample.inputs, sample.inputs, told), weights)
        net = restored(net, weights, context.device)
        answers = [
            answered(net, view, self.prepare, context.device, told)
            for view in self.views(sample.inputs)
        ]
        return np.asarray(np.mean(answers, axis=0), np.float32)

    def _built(self, shown: Labelled, about: Weights) -> nn.Module:
        n_classes, shape = int(about["n_classes"][0]), shown.inputs.shape[1:]
        if shown.told is None:
            return self.net(n_classes, shape)
        return ToldNet(self.net(N_FEATURES, shape), shown.told.shape[1], n_classes)
