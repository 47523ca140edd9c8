"""A multilayer perceptron on codes."""

from dataclasses import dataclass

from bench.api import field
from bench.nn.attacker import Net, NetClassifier
from bench.registry import register


@register("mlp")
@dataclass(frozen=True)
class MLP(NetClassifier):
    """Trains the PPRL-VGAN authors' three-layer network on an encoder's codes.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018 [chen2018pprl] (scenario III).
    Differs from it: AdamW, stopped on validation codes; codes are standardised first.
    """

    forms = frozenset({"codes"})

    steps: int = field(200, about="steps of round 1; each later one doubles", within="[1, 1e6]")
    width: int = field(128, about="units per layer", within="[1, 65536]")

    def net(self, n_classes: int, shape: tuple[int, ...]) -> Net:
        """Dense layers."""
        from bench.nn.backbones import CodeNet

        return CodeNet(n_classes, shape[0], self.width)
