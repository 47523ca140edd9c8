"""A multilayer perceptron on codes."""

from dataclasses import dataclass

from torch import nn

from bench.api import field
from bench.nn.attacker import NetClassifier
from bench.nn.backbones import CodeNet
from bench.registry import register


@register("mlp")
@dataclass(frozen=True)
class MLP(NetClassifier):
    """Trains the PPRL-VGAN authors' three-layer network on what an encoder gives out.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018 (scenario III).
    Differs from it: AdamW and stopping on validation rows; codes are standardised first.
    """

    forms = frozenset({"codes"})

    steps: int = field(200, about="of the first round; each further one is twice as long")
    width: int = field(128, about="units per layer")

    def net(self, n_classes: int, shape: tuple[int, ...]) -> nn.Module:
        """Dense layers."""
        return CodeNet(n_classes, shape[0], self.width)
