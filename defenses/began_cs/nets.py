"""Generator and discriminator, for pictures of 32, 64 or 128 px, grey or in colour.

Source: Shirai and Whitehill, CVPR-W 2019, section 4.2, which states no widths; the `official`
backbone is that of the released BEGAN-CS (Chang et al., ECCV 2018), which they extended: 3x3
convolutions and ELU on maps of 8x8, 16x16, and so on; padding and initial weights of TensorFlow.
Differs from it: the `narrow` backbone has one transposed convolution per size, and an encoder with
the blocks of an identifier, whose features the predictor reads: it learns y from few pictures.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from bench.api import Weights
from bench.faces import Array, Images
from bench.nn.backbones import pooled_block
from bench.nn.classifier import exact_outputs
from bench.nn.inputs import unscaled
from bench.nn.keras import glorot, halving
from bench.nn.state import config_of, restored

SIZES_PX = (32, 64, 128)
SMALLEST_PX = {"narrow": 4, "official": 8}  # side of a backbone's smallest maps
MAX_GROUPS = 8  # of channels that a narrow decoder normalises together


class NetConfig(NamedTuple):
    """The integers that define the networks, stored with their weights; see TrainConfig."""

    size_px: int  # side of a picture, one of SIZES_PX
    colours: int  # 1 (grey) or 3
    labels: int  # dimension of y
    width: int
    latent: int
    hidden: int
    split: int  # 1 if y is part of the code, without a predictor
    official: int  # 1 for the official backbone

    @classmethod
    def of(cls, weights: Weights) -> "NetConfig":
        """The config stored with the weights."""
        return config_of(cls, weights)

    @property
    def smallest_px(self) -> int:
        """Side of the smallest maps."""
        return SMALLEST_PX["official" if self.official else "narrow"]

    @property
    def n_halvings(self) -> int:
        """From the picture's side to that of the smallest maps."""
        return (self.size_px // self.smallest_px).bit_length() - 1

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the encoder's maps after each halving; if official, also before the first.

        At 64 px: 1/2, 1/2, 1, 1 times the width; or 1, 2, 3, 4 times.
        """
        if self.official:
            return tuple(self.width * (i + 1) for i in range(self.n_halvings + 1))
        half = max(1, self.width // 2)
        return (half, half, *[self.width] * (self.n_halvings - 2))

    @property
    def features(self) -> int:
        """Dimension of the output of the encoder's blocks."""
        return self.widths[-1] * self.smallest_px**2

    @property
    def code(self) -> int:
        """Dimension of the encoder's code."""
        return self.latent + self.labels * self.split


class Code(NamedTuple):
    """A whole code, (N, code), its z, (N, latent), and the predicted y, (N, labels)."""

    whole: Tensor
    z: Tensor
    labels: Tensor


class Decoder(nn.Sequential):
    """From codes, (N, n_inputs), to pictures, (N, C, H, W), in about [-1, 1]."""

    def __init__(self, n_inputs: int, config: NetConfig) -> None:
        official, side = config.official, config.smallest_px
        n_first = config.width if official else 2 * config.width
        first = nn.Linear(n_inputs, n_first * side**2)
        layers = _constant(config) if official else _doubling(config)
        super().__init__(first, nn.Unflatten(1, (n_first, side, side)), *layers)
        if official:
            self.apply(glorot)


class Generator(nn.Module):
    """From z, (N, latent), and y, (N, labels), to pictures, (N, C, H, W)."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.decoder = Decoder(config.latent + config.labels, config)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """G(z|y)."""
        made: Tensor = self.decoder(torch.cat([z, labels], dim=1))
        return made


class Encoder(nn.Module):
    """From pictures, (N, C, H, W), to features, (N, features), and numbers, (N, n_outputs)."""

    def __init__(self, n_outputs: int, config: NetConfig) -> None:
        super().__init__()
        self.blocks = (_widening if config.official else _pooled)(config)
        self.last = nn.Linear(config.features, n_outputs)
        if config.official:
            self.apply(glorot)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features and numbers."""
        features = self.blocks(images)
        return features, self.last(features)


def _conv(n_in: int, n_out: int, kernel: int = 3) -> list[nn.Module]:
    return [nn.Conv2d(n_in, n_out, kernel, padding=kernel // 2), nn.ELU()]


def _doubling(config: NetConfig) -> list[nn.Module]:
    """A transposed convolution per size; maps get narrower as they grow.

    A group norm, unlike batch norm, needs no statistics, which differ between real and drawn z.
    """
    n = config.width
    widths = [2 * n, 2 * n, *[n] * (config.n_halvings - 2)]
    layers = _normed(widths[0])
    for n_in, n_out in pairwise(widths):
        layers += [nn.ConvTranspose2d(n_in, n_out, 4, 2, padding=1), *_normed(n_out)]
    return [*layers, nn.ConvTranspose2d(n, config.colours, 4, 2, padding=1), nn.Tanh()]


def _normed(n: int) -> list[nn.Module]:
    return [nn.GroupNorm(math.gcd(n, MAX_GROUPS), n), nn.ReLU(inplace=True)]


def _constant(config: NetConfig) -> list[nn.Module]:
    """Two convolutions per size, and one of 1x1 to twice the width before the next."""
    n = config.width
    layers = [*_conv(n, n), *_conv(n, n)]
    for _ in config.widths[1:]:
        layers += [*_conv(n, 2 * n, 1), nn.Upsample(scale_factor=2), *_conv(2 * n, n), *_conv(n, n)]
    return [*layers, nn.Conv2d(n, config.colours, 3, padding=1)]


def _widening(config: NetConfig) -> nn.Sequential:
    """Per size two convolutions, of which the second widens, and a third that halves the side."""
    layers, last = _conv(config.colours, config.width), config.widths[-1]
    for n, wider in pairwise(config.widths):
        layers += [*_conv(n, n), *_conv(n, wider), *halving(wider, wider, 3), nn.ELU()]
    return nn.Sequential(*layers, *_conv(last, last), *_conv(last, last), nn.Flatten())


def _pooled(config: NetConfig) -> nn.Sequential:
    """Blocks as in bench.nn.backbones.ConvNet, of 3x3 convolutions, down to 4x4."""
    pairs = pairwise((config.colours, *config.widths))
    return nn.Sequential(*(m for pair in pairs for m in pooled_block(*pair, 3)), nn.Flatten())


class Discriminator(nn.Module):
    """An encoder, a predictor of y, and an autoencoder's decoder or a plain GAN's logit."""

    def __init__(self, config: NetConfig, *, rebuilds: bool) -> None:
        super().__init__()
        self.encoder, self.config = Encoder(config.code, config), config
        self.end = Decoder(config.code, config) if rebuilds else nn.Linear(config.code, 1)
        self.predictor = nn.Sequential()
        if not config.split:
            first = nn.Linear(config.code if config.official else config.features, config.hidden)
            self.predictor.extend([first, nn.ELU(), nn.Linear(config.hidden, config.labels)])

    def forward(self, images: Tensor) -> tuple[Code, Tensor]:
        """Codes of pictures in [-1, 1], and rebuilt pictures or logits of being real, (N, 1)."""
        (features, whole), latent = self.encoder(images), self.config.latent
        if self.config.split:
            labels = whole[:, latent : latent + self.config.labels]
        else:
            labels = self.predictor(whole if self.config.official else features)
        return Code(whole, whole[:, :latent], labels), self.end(whole)


def surrogates(weights: Weights, noise: Array, labels: Array, device: str) -> Images:
    """Pictures, uint8 (N, 3, H, W), that the defense's weights generate.

    The inputs are noise in [-1, 1], (N, latent), and standardised y, (N, labels), float32.
    """
    net = restored(Generator(NetConfig.of(weights)), weights, device, "generator")
    made = exact_outputs(net, device, noise, labels)
    return np.ascontiguousarray(unscaled(made).expand(-1, 3, -1, -1).numpy())
