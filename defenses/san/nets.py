"""The autoencoder, which moves a picture towards the prototype of a gender."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bench.api import Weights
from bench.faces import LUMA
from bench.nn.weights import checked, shapes_of

EDGE = 0.5 / 255  # keeps the logit of black and white finite


class Autoencoder(nn.Module):
    """Moves a picture towards a prototype.

    Two convolutions with average pooling, two with nearest upsampling, all followed by LeakyReLU of
    slope 0.01; the prototype is concatenated again before a 1x1 convolution and a sigmoid. The last
    3x3 convolution runs at half the side: finer detail comes only from the prototype.

    With `skip`, the change, which starts at zero, is added to the picture's logit. What is
    concatenated is then the prototype minus that of the own gender, which is zero for SM. `pattern`
    is the initial weight of that difference: the strength of a fixed pattern to start from.

    Source: Mirjalili, Raschka, Namboodiri, Ross, ICB 2018, arXiv:1712.00321; released convae.py.
    Without arguments it is their network, with the same names in the state dict.
    """

    def __init__(
        self,
        widths: Sequence[int] = (8, 12, 256, 128),  # filters of the four convolutions
        kernel: int = 3,  # side of the convolutions, odd
        pool: int = 2,  # factor of each pooling; 1: no pooling
        *,
        skip: bool = False,
        pattern: float = 0.0,
        n_colours: int = 1,  # 1 for grey pictures, 3 for colour
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = n_colours + 3  # of the picture and of the prototype
        for number, width in enumerate(widths):
            layers += [nn.Conv2d(channels, width, kernel, padding=kernel // 2)]
            layers += [nn.LeakyReLU(inplace=True)]
            shrinks = number < len(widths) // 2
            layers += [nn.AvgPool2d(pool) if shrinks else nn.Upsample(scale_factor=pool)]
            channels = width
        last = nn.Conv2d(channels + 3, n_colours, 1)
        self.autoencoder, self.skip = nn.Sequential(*layers), skip
        self.protocombiner = nn.Sequential(last)  # Sequential, for their names
        if skip:
            weight = torch.zeros_like(last.weight)
            joined = torch.eye(3) if n_colours == 3 else torch.tensor([LUMA])  # (n_colours, 3)
            weight[:, -3:, 0, 0] = pattern * joined
            last.load_state_dict({"weight": weight, "bias": torch.zeros(n_colours)})

    def forward(self, picture: Tensor, own: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        """SM and the release at `other`, (B, n_colours, H, W) each, 0..1.

        Inputs are 0..1: pictures, (B, n_colours, H, W), with sides that are multiples of the square
        of `pool`; prototypes of the assumed gender and target prototypes, (B, 3, H, W) each.
        """
        features = self.autoencoder(torch.cat([picture, own], dim=1))  # (B, 128, H, W)
        if not self.skip:
            return self._joined(features, own), self._joined(features, other)
        start = torch.logit(picture.float(), EDGE)
        kept = self._joined(features, torch.zeros_like(own), start)
        return kept, self._joined(features, other - own, start)

    def _joined(self, features: Tensor, prototype: Tensor, start: Tensor | float = 0.0) -> Tensor:
        mixed = self.protocombiner(torch.cat([features, prototype], dim=1))
        return torch.sigmoid(mixed.float() + start)  # (B, n_colours, H, W)


def scaled(images: Tensor, n_colours: int) -> Tensor:
    """Bytes, (N, 3, H, W), as floats 0..1: in colour, or the luma, (N, 1, H, W)."""
    if n_colours == 3:
        return images.float() / 255
    red, green, blue = (weight * images[:, i, None] for i, weight in enumerate(LUMA))
    return (red + green + blue) / 255


def strengthened(picture: Tensor, moved: Tensor, strength: float) -> Tensor:
    """The moved picture, (B, C, H, W), 0..1, with the change of the logits times `strength`."""
    if strength == 1:
        return moved
    start, end = (torch.logit(part, EDGE) for part in (picture, moved))
    return torch.sigmoid(start + strength * (end - start))


def published_state(state: Weights) -> Weights:
    """The state dict of the authors' release, checked to fit `Autoencoder()`, float32.

    Raises:
        ValueError: unless names and shapes are exactly those of the network.
    """
    return checked(state, shapes_of(Autoencoder()), "the authors' SAN, conv-autoencoder-e20.pkl")
