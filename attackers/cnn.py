"""A convolutional network on pictures."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.nn.attacker import NetClassifier, PictureAttacker
from bench.registry import register

if TYPE_CHECKING:
    from torch import nn


@register("cnn")
@dataclass(frozen=True)
class CNN(PictureAttacker, NetClassifier):
    """Trains a network until its loss on held-out people or takes has converged.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018 (the default network).
    Differs from it: AdamW, stopped on validation pictures; the authors use ten epochs of SGD and
    keep the best on the test set. Pictures are shifted and mirrored. On protected pictures it
    starts from the weights for raw ones.
    """

    def net(self, n_classes: int, shape: tuple[int, ...]) -> "nn.Module":
        """The backbone."""
        from bench.nn.backbones import backbone

        return backbone(self.backbone, n_classes, shape[-1])
