"""A convolutional network on pictures."""

from dataclasses import dataclass

from torch import nn

from bench.nn.attacker import NetClassifier, PictureAttacker
from bench.nn.backbones import backbone
from bench.registry import register


@register("cnn")
@dataclass(frozen=True)
class CNN(PictureAttacker, NetClassifier):
    """Trains a network until it has converged on people or takes that it does not train on.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018 (the default network).
    Differs from it: AdamW and stopping on validation rows, where the authors take ten epochs of SGD
    and keep the best on the test set; pictures are moved and mirrored; on protected pictures it
    starts from what it learned on raw ones.
    """

    def net(self, n_classes: int, shape: tuple[int, ...]) -> nn.Module:
        """Any backbone."""
        return backbone(self.backbone, n_classes, shape[-1])
