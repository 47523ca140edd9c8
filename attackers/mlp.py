"""A multilayer perceptron on codes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Classifier, Context, Knowledge, Weights, field
from bench.faces import Sample
from bench.nn.classifier import CodeNet
from bench.nn.inputs import codes
from bench.nn.state import restored
from bench.nn.training import Labelled, Schedule, answered, fitted
from bench.registry import register


@register("mlp")
@dataclass(frozen=True)
class MLP(Classifier):
    """Trains the PPRL-VGAN authors' three-layer network on what an encoder gives out.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018 (scenario III).
    Differs from it: AdamW and stopping on validation rows; codes are standardised first.
    """

    forms = frozenset({"codes"})

    width: int = field(128, about="units per layer")
    lr: float = field(2e-3, about="highest learning rate of AdamW")
    batch: int = field(64, about="codes per step")
    steps: int = field(200, about="of the first round; each further one is twice as long")
    rounds: int = field(6, about="of training, at most; see bench.nn.training")

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The network's state and its learning curve."""
        name, n_classes = knowledge.target.name, len(knowledge.target.classes)
        train, valid = (
            Labelled(part.inputs, part.labels[name]) for part in (knowledge.train, knowledge.valid)
        )
        n_inputs = train.inputs.shape[1]
        schedule = Schedule(self.lr, self.batch, self.steps, self.rounds)
        weights = fitted(
            lambda: CodeNet(n_classes, n_inputs, self.width), train, valid, codes, schedule, context
        )
        return {**weights, "n_classes": np.array([n_classes])}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Log-probabilities, (N, C)."""
        net = CodeNet(int(weights["n_classes"][0]), sample.inputs.shape[1], self.width)
        return answered(
            restored(net, weights, context.device), sample.inputs, codes, context.device
        )
