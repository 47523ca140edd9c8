"""A convolutional network on pictures."""

from dataclasses import dataclass

from bench.nn.attacker import Net, NetClassifier, PictureAttacker
from bench.registry import register


@register("cnn")
@dataclass(frozen=True)
class CNN(PictureAttacker, NetClassifier):
    """Trains a network until its loss on held-out people or takes has converged.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018 [chen2018pprl] (the default network).
    Differs from it: AdamW, stopped on validation pictures; the authors use ten epochs of SGD and
    keep the best on the test set. Pictures are shifted and mirrored. On protected pictures it
    starts from the weights for raw ones.
    """

    def net(self, n_classes: int, shape: tuple[int, ...]) -> Net:
        """The backbone."""
        from bench.nn.backbones import backbone

        return backbone(self.backbone, n_classes, shape[-1])
