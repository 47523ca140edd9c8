"""A network on what is invisible to the eye: low bits and fine residuals."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bench.api import field
from bench.nn.attacker import NetClassifier, PictureAttacker
from bench.registry import register

if TYPE_CHECKING:
    from torch import Tensor, nn

    from bench.nn.inputs import Augmentation

GAIN = 8.0  # of the residuals, which are small
BLOCKS = 8  # per side, whose means the linear layer reads


@register("bits")
@dataclass(frozen=True)
class Bits(PictureAttacker, NetClassifier):
    """Trains a network on the lowest bits of each pixel and on what a blur removes.

    A defense may hide a label where the picture looks unchanged (Liu, Tan, Garg, AAAI 2021).

    Source: Fridrich, Kodovsky, IEEE TIFS 7 (2012) [fridrich2012steganalysis] (high-pass residuals
        for steganalysis).
    Differs from it: one residual, learned features. Pictures are mirrored, but never warped,
    which would mix the bits.
    """

    evidence = "low-bits"

    n_bits: int = field(2, about="number of low bit planes in the input", within="[1, 8]")
    shift: float = field(0.0, about="largest shift in training, of the side", within="[0, 1)")
    warp: float = field(0.0, about="0: warping mixes the bits", among=(0.0,))
    light: float = field(0.0, about="0: so does a change of brightness", among=(0.0,))

    def net(self, n_classes: int, shape: tuple[int, ...]) -> "nn.Module":
        """A 1x1 convolution from all planes to three, then the backbone; plus a linear layer.

        The layer reads means of blocks, where few pictures are enough to learn a coarse pattern.
        """
        from torch import nn

        from bench.nn.backbones import backbone
        from bench.nn.parallel import Sum

        n_planes = 3 * (self.n_bits + 1)
        means = nn.Sequential(nn.AdaptiveAvgPool2d(BLOCKS), nn.Flatten())  # (N, planes*8*8)
        norm = nn.BatchNorm1d(n_planes * BLOCKS**2, affine=False)
        linear = nn.Linear(n_planes * BLOCKS**2, n_classes)
        planes = nn.Conv2d(n_planes, 3, 1)
        fine = nn.Sequential(planes, backbone(self.backbone, n_classes, shape[-1]))
        return Sum(fine, nn.Sequential(means, norm, linear))

    @property
    def prepare(self) -> "Augmentation":
        """Residuals and bit planes, (N, 3 * (n_bits + 1), H, W)."""
        return replace(super().prepare, then=self._planes)

    def _planes(self, shown: "Tensor") -> "Tensor":
        import torch
        from torch.nn import functional

        from bench.nn.inputs import unscaled

        levels = unscaled(shown)  # (N, 3, H, W)
        smooth = functional.avg_pool2d(functional.pad(shown, (1, 1, 1, 1), "reflect"), 3, 1)
        found = [GAIN * (shown - smooth)]
        found += [((levels >> bit) & 1).float() - 0.5 for bit in range(self.n_bits)]
        return torch.cat(found, dim=1).contiguous(memory_format=torch.channels_last)
