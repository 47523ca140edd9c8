"""A network on what the eye does not see: low bits and fine residuals."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.api import field
from bench.nn.attacker import NetClassifier, PictureAttacker
from bench.nn.backbones import backbone
from bench.nn.inputs import Prepare
from bench.registry import register

GAIN = 8.0  # of residuals, which are small


@register("bits")
@dataclass(frozen=True)
class Bits(PictureAttacker, NetClassifier):
    """Trains a network on the lowest bits of each pixel and on what a blur takes away.

    A defense may hide a label where the picture looks unchanged (Liu, Tan, Garg, AAAI 2021).

    Source: Fridrich, Kodovsky, IEEE TIFS 7 (2012) (high-pass residuals for steganalysis).
    Differs from it: one residual, learned features. Pictures are mirrored, never warped: that would
    mix the bits.
    """

    n_bits: int = field(2, about="lowest bit planes that are shown, 1 to 8")
    shift: float = field(0.0, about="largest move of a training picture, fraction of its side")

    def __post_init__(self) -> None:
        if not 1 <= self.n_bits <= 8 or self.warp or self.light:
            raise ValueError(
                f"n_bits is 1 to 8 and warp and light are 0, got {self.n_bits}, {self.warp}, "
                f"{self.light}"
            )

    def net(self, n_classes: int, shape: tuple[int, ...]) -> nn.Module:
        """Any backbone behind one layer that takes all planes to three."""
        planes = nn.Conv2d(3 * (self.n_bits + 1), 3, 1)
        return nn.Sequential(planes, backbone(self.backbone, n_classes, shape[-1]))

    @property
    def prepare(self) -> Prepare:
        """Residuals and bit planes, (N, 3 * (n_bits + 1), H, W)."""
        scaled = super().prepare

        def planes(images: Tensor, generator: torch.Generator | None) -> Tensor:
            shown = scaled(images, generator)  # (N, 3, H, W)
            levels = (shown * 127.5 + 127.5).round().to(torch.uint8)
            smooth = functional.avg_pool2d(functional.pad(shown, (1, 1, 1, 1), "reflect"), 3, 1)
            found = [GAIN * (shown - smooth)]
            found += [((levels >> bit) & 1).float() - 0.5 for bit in range(self.n_bits)]
            return torch.cat(found, dim=1).contiguous(memory_format=torch.channels_last)

        return planes
