"""A multilayer perceptron on pixels."""

from dataclasses import dataclass
from math import prod

from bench.api import field
from bench.nn.attacker import Net, NetClassifier
from bench.registry import register


@register("flat")
@dataclass(frozen=True)
class Flat(NetClassifier):
    """Trains dense layers on flattened pictures; the order of the pixels does not matter.

    A defense that permutes pixels in a fixed way defeats convolutions, but not this attacker.

    Source: ours; the network is that of Chen, Konrad, Ishwar, CVPR-W 2018 [chen2018pprl] (scenario
        III).
    """

    lr: float = field(1e-3, about="highest learning rate of AdamW", within="(0, 10]")
    width: int = field(128, about="units per layer", within="[1, 65536]")

    def net(self, n_classes: int, shape: tuple[int, ...]) -> Net:
        """Dense layers on (N, 3*H*W)."""
        from torch import nn

        from bench.nn.backbones import CodeNet

        return nn.Sequential(nn.Flatten(), CodeNet(n_classes, prod(shape), self.width))
