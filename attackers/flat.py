"""A multilayer perceptron on pixels."""

from dataclasses import dataclass
from math import prod

from torch import nn

from bench.api import field
from bench.nn.attacker import NetClassifier
from bench.nn.backbones import CodeNet
from bench.registry import register


@register("flat")
@dataclass(frozen=True)
class Flat(NetClassifier):
    """Trains dense layers on flattened pictures: where a pixel lies means nothing to it.

    A defense that shuffles pixels by a fixed permutation blinds convolutions, and not this.

    Source: ours; the network is that of Chen, Konrad, Ishwar, CVPR-W 2018 (scenario III).
    """

    lr: float = field(1e-3, about="highest learning rate of AdamW")
    width: int = field(128, about="units per layer")

    def net(self, n_classes: int, shape: tuple[int, ...]) -> nn.Module:
        """Dense layers on (N, 3*H*W)."""
        return nn.Sequential(nn.Flatten(), CodeNet(n_classes, prod(shape), self.width))
