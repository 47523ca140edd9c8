"""Generator and discriminator, for pictures of 32, 64 or 128 px, grey or in colour.

Source: Shirai and Whitehill, CVPR-W 2019, section 4.2, which gives no widths; the blocks are those
of Berthelot, Schumm, Metz, arXiv:1703.10717: 3x3 convolutions and ELU on 8x8 places and every
doubling of these.
Differs from it: widths shrink towards the picture in the decoder as they grow in the encoder; the
number of convolutions on each size can be chosen; `pooled` encoders have the blocks of an
identifier, and the predictor reads these, so that y is learned from few pictures; `linear` networks
add what they learn to a linear map (see basis.py).
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.nn.backbones import backbone
from defenses.began_cs.mix import unmixed

SIZES_PX = (32, 64, 128)
CORE_PX = 8  # side of the smallest map of a decoder
N_FILTERS = 32  # of a pooled encoder's convolutions
POOLED_PX = 4  # side of its last map


class Form(NamedTuple):
    """What decides the networks; kept with their weights, so that these explain themselves.

    Attributes:
        size_px: side of a picture, one of SIZES_PX.
        colours: 1 (grey) or 3.
        labels: numbers in y.
        width: channels of the largest maps, and what each halving adds.
        depth: convolutions on each size.
        latent: numbers in z.
        hidden: units of the predictor.
        split: 1 if the encoder says y in its code, and there is no predictor.
        pooled: 1 if the encoder has an identifier's blocks, else BEGAN's.
        spare: numbers in the encoder's code beside z (and y), which no noise asks for.
        linear: 1 if there is a linear map, which does not learn, beside all blocks.
        apart: which number of y has classes whose z differ; -1: none.
    """

    size_px: int
    colours: int
    labels: int
    width: int
    depth: int
    latent: int
    hidden: int
    split: int
    pooled: int
    spare: int
    linear: int
    apart: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels on the picture's size and after each halving, down to 8x8."""
        n_halvings = (self.size_px // CORE_PX).bit_length() - 1
        return tuple(self.width * (i + 1) for i in range(n_halvings + 1))

    @property
    def pixels(self) -> int:
        """Numbers that say a picture."""
        return self.colours * self.size_px**2

    @property
    def features(self) -> int:
        """Numbers that the encoder's blocks end with."""
        if self.pooled:
            return N_FILTERS * POOLED_PX**2
        return self.widths[-1] * CORE_PX**2

    @property
    def code(self) -> int:
        """Numbers in the encoder's code."""
        return self.latent + self.labels * self.split + self.spare


class Code(NamedTuple):
    """What an encoder says of N pictures.

    Attributes:
        whole: all of it, (N, code).
        z: (N, latent).
        labels: y as it is predicted, (N, labels).
    """

    whole: Tensor
    z: Tensor
    labels: Tensor


class Fixed(nn.Module):
    """A linear map that does not learn; nothing comes of it before it is set."""

    weight: Tensor
    bias: Tensor

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(n_out, n_in))
        self.register_buffer("bias", torch.zeros(n_out))

    def set(self, weight: Tensor, bias: Tensor) -> None:
        """What it does: weight, (n_out, n_in), and bias, (n_out,)."""
        self.weight.copy_(weight)
        self.bias.copy_(bias)

    def forward(self, numbers: Tensor) -> Tensor:
        """From (N, n_in) to (N, n_out)."""
        return functional.linear(numbers, self.weight, self.bias)


class Decoder(nn.Module):
    """From codes, (N, n_inputs), to pictures, (N, C, H, W), in about [-1, 1]."""

    def __init__(self, n_inputs: int, form: Form) -> None:
        super().__init__()
        widths = form.widths[::-1]
        n_in = widths[0]
        layers: list[nn.Module] = [
            nn.Linear(n_inputs, n_in * CORE_PX**2),
            nn.Unflatten(1, (n_in, CORE_PX, CORE_PX)),
        ]
        for number, width in enumerate(widths):
            layers += [nn.Upsample(scale_factor=2)] if number else []
            for _ in range(form.depth):
                layers += [nn.Conv2d(n_in, width, 3, padding=1), nn.ELU()]
                n_in = width
        last = nn.Conv2d(n_in, form.colours, 3, padding=1)
        self.blocks = nn.Sequential(*layers, last)
        self.linear = Fixed(n_inputs, form.pixels) if form.linear else None
        if form.linear:
            _silence(last)

    def forward(self, codes: Tensor) -> Tensor:
        """The pictures."""
        made: Tensor = self.blocks(codes)
        return made if self.linear is None else made + self.linear(codes).view_as(made)


class Generator(nn.Module):
    """From z, (N, latent), and y, (N, labels), to pictures, (N, C, H, W)."""

    mix: Tensor

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.apart = form.apart
        self.decoder = Decoder(form.latent + form.labels, form)
        self.register_buffer("mix", unmixed(form.latent))

    def drawn(self, noise: Tensor, labels: Tensor) -> Tensor:
        """z, (N, latent), as pictures with such y have it, of noise in [-1, 1]; see mix.py."""
        if self.apart < 0:
            return noise
        same, other = self.mix
        z: Tensor = noise @ same + labels[:, self.apart, None] * (noise @ other)  # (N, latent)
        return z

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """G(z|y)."""
        made: Tensor = self.decoder(torch.cat([z, labels], dim=1))
        return made


class Encoder(nn.Module):
    """From pictures, (N, C, H, W), to what its blocks say, (N, features), and codes, (N, code)."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.blocks = (_pooled if form.pooled else _strided)(form)
        self.last = nn.Linear(form.features, form.code)
        self.linear = Fixed(form.pixels, form.code) if form.linear else None
        if form.linear:
            _silence(self.last)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features and codes."""
        features = self.blocks(images)
        code: Tensor = self.last(features)
        return features, code if self.linear is None else code + self.linear(images.flatten(1))


def _silence(layer: nn.Linear | nn.Conv2d) -> None:
    """Nothing comes of it until it learns: the network begins as the linear map beside it."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


def _strided(form: Form) -> nn.Sequential:
    """BEGAN's blocks."""
    steps = [(form.colours, form.width, 1)]
    for number, width in enumerate(form.widths):
        for place in range(form.depth):
            steps.append((steps[-1][1], width, 2 if number and not place else 1))
    layers: list[nn.Module] = []
    for n_in, n_out, stride in steps:
        layers += [nn.Conv2d(n_in, n_out, 3, stride, padding=1), nn.ELU()]
    return nn.Sequential(*layers, nn.Flatten())


def _pooled(form: Form) -> nn.Sequential:
    """Blocks as in bench.nn.backbones.ConvNet, of 3x3 convolutions, down to 4x4."""
    layers: list[nn.Module] = []
    n_in, side = form.colours, form.size_px
    while side > POOLED_PX:
        layers += [
            nn.Conv2d(n_in, N_FILTERS, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.BatchNorm2d(N_FILTERS),
            nn.MaxPool2d(3, stride=2, padding=1),
        ]
        n_in, side = N_FILTERS, side // 2
    return nn.Sequential(*layers, nn.Flatten())


def _predictor(n_inputs: int, form: Form) -> nn.Sequential:
    """The two layers that say y."""
    layers = nn.Linear(n_inputs, form.hidden), nn.ELU(), nn.Linear(form.hidden, form.labels)
    return nn.Sequential(*layers)


class Regressor(nn.Module):
    """Says y of pictures, (N, C, H, W) in [-1, 1], as (N, labels): a plain network."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.net = backbone("vgg", form.labels, form.size_px)

    def forward(self, images: Tensor) -> Tensor:
        """The y that it sees."""
        found: Tensor = self.net(images.expand(-1, 3, -1, -1))
        return found


class Discriminator(nn.Module):
    """An encoder whose code says z and y, and an autoencoder's decoder or a plain GAN's verdict."""

    def __init__(self, form: Form, *, rebuilds: bool) -> None:
        super().__init__()
        self.encoder, self.form = Encoder(form), form
        self.end = Decoder(form.code, form) if rebuilds else nn.Linear(form.code, 1)
        n_read = form.features if form.pooled else form.code
        self.predictor = nn.Sequential() if form.split else _predictor(n_read, form)

    def forward(self, images: Tensor) -> tuple[Code, Tensor]:
        """The codes of pictures, (N, C, H, W) in [-1, 1], and what comes of these.

        That is rebuilt pictures, or logits of being real, (N, 1).
        """
        code = self.coded(images)
        return code, self.end(code.whole)

    def coded(self, images: Tensor) -> Code:
        """The codes alone."""
        (features, whole), latent = self.encoder(images), self.form.latent
        if self.form.split:
            labels = whole[:, latent : latent + self.form.labels]
        else:
            labels = self.predictor(features if self.form.pooled else whole)
        return Code(whole, whole[:, :latent], labels)
