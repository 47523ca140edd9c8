"""The defender's own network beside those of bench.nn, which judges have as well."""

from torch import nn

from bench.nn.backbones import backbone


class VGG(nn.Sequential):
    """A plain network, for pictures from 8 px: four convolutions with pooling between.

    It learns to tell gender from few hundred people in the time that a residual network takes to
    begin (see CONTRIBUTING.md), and its gradients carry to other plain networks.

    Source: Simonyan and Zisserman, ICLR 2015, arXiv:1409.1556 (3x3 convolutions, max-pooling).
    Differs from it: one convolution a stage, 32, 64, 128, 128 filters, batch norm, a mean over
    places in place of dense layers.
    """

    def __init__(self, n_classes: int) -> None:
        layers: list[nn.Module] = []
        channels = 3
        for number, width in enumerate((32, 64, 128, 128)):
            layers += [nn.MaxPool2d(2)] if number else []
            layers += [
                nn.Conv2d(channels, width, 3, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            channels = width
        super().__init__(
            *layers,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),  # (N, 128)
            nn.Dropout(0.25),
            nn.Linear(channels, n_classes),
        )


def auxiliary(name: str, n_classes: int, size_px: int) -> nn.Module:
    """`vgg`, or a network of bench.nn.backbones, which see."""
    return VGG(n_classes) if name == "vgg" else backbone(name, n_classes, size_px)
