"""A network that knows labels, and shows a generator how to draw them.

Source: Hou, Shen, Sun, Qiu, WACV 2017, arXiv:1610.00291 (pictures compared in a network's maps);
Kaur, Cohen, Lipton, arXiv:1910.08640 (noise: gradients of networks that were trained with it show
the features that they use, so a generator that follows them draws these).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bench.nn.backbones import backbone

MAX_NOISE_STD = 0.2  # on its training pictures in [-1, 1], each with a std of its own


class Guide(nn.Module):
    """A `vgg` backbone for pictures, (N, C, H, W) in [-1, 1], grey or in colour."""

    def __init__(self, n_outputs: int, size_px: int) -> None:
        super().__init__()
        self.net = backbone("vgg", n_outputs, size_px)

    def forward(self, images: Tensor) -> Tensor:
        """Logits or numbers, (N, n_outputs); in training, of pictures with noise."""
        images = images.expand(-1, 3, -1, -1)
        if self.training:
            std = MAX_NOISE_STD * torch.rand(len(images), 1, 1, 1, device=images.device)
            images = images + std * torch.randn_like(images)
        found: Tensor = self.net(images)
        return found

    def maps(self, images: Tensor) -> list[Tensor]:
        """What each of its convolutions finds, (N, K, H', W'), from the finest to the coarsest."""
        found, numbers = [], images.expand(-1, 3, -1, -1)
        for layer in self.net.children():
            numbers = layer(numbers)
            if isinstance(layer, nn.ReLU):
                found.append(numbers)
        return found


def map_error(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """Mean absolute differences of a network's maps, as shares of the wanted ones, added up."""
    pairs = zip(found, wanted, strict=True)
    return torch.stack([(a - b).abs().mean() / b.abs().mean() for a, b in pairs]).sum()
