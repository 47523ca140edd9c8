"""Generator and discriminator, for pictures of 32, 64 or 128 px, grey or in colour.

Source: Shirai and Whitehill, CVPR-W 2019, section 4.2, which states no widths; the `official`
backbone is that of the released BEGAN-CS (Chang et al., ECCV 2018), which they extended: 3x3
convolutions and ELU on maps of 8x8, 16x16, and so on; padding and initial weights of TensorFlow.
Differs from it: the `narrow` backbone has one convolution per size, and widths that shrink towards
the picture in the decoder as they grow in the encoder; `pooled` encoders have the blocks of an
identifier, whose features the predictor reads, so that y is learned from few pictures; `linear`
networks are added to a fixed linear map (see basis.py).
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Weights
from bench.faces import Array, Images
from bench.nn.backbones import backbone, pooled_block
from bench.nn.classifier import exact_outputs
from bench.nn.inputs import unscaled
from bench.nn.keras import glorot, halving
from bench.nn.state import config_of, restored
from defenses.began_cs.class_covariance import identity_maps

SIZES_PX = (32, 64, 128)
CORE_PX = 8  # side of a decoder's smallest maps
N_FILTERS = 32  # of each convolution of a pooled encoder
POOLED_PX = 4  # side of its last maps


class NetConfig(NamedTuple):
    """The integers that define the networks, stored with their weights; see TrainConfig."""

    size_px: int  # side of a picture, one of SIZES_PX
    colours: int  # 1 (grey) or 3
    labels: int  # dimension of y
    width: int
    latent: int
    hidden: int
    split: int  # 1 if y is part of the code, without a predictor
    pooled: int
    spare: int
    linear: int
    class_split: int  # index in y of the label whose classes have a covariance of z each; -1: none
    official: int  # 1 for the official backbone

    @classmethod
    def of(cls, weights: Weights) -> "NetConfig":
        """The config stored with the weights; older ones lack `official`."""
        return config_of(cls, {"config.official": np.zeros(1), **weights}, class_split="apart")

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels at the picture's size and after each halving, down to 8x8."""
        n_halvings = (self.size_px // CORE_PX).bit_length() - 1
        return tuple(self.width * (i + 1) for i in range(n_halvings + 1))

    @property
    def pixels(self) -> int:
        """Values in a picture: pixels times colours."""
        return self.colours * self.size_px**2

    @property
    def features(self) -> int:
        """Dimension of the output of the encoder's blocks."""
        return N_FILTERS * POOLED_PX**2 if self.pooled else self.widths[-1] * CORE_PX**2

    @property
    def code(self) -> int:
        """Dimension of the encoder's code."""
        return self.latent + self.labels * self.split + self.spare


class Code(NamedTuple):
    """A whole code, (N, code), its z, (N, latent), and the predicted y, (N, labels)."""

    whole: Tensor
    z: Tensor
    labels: Tensor


class FixedLinear(nn.Module):
    """A linear map that is not trained; zero until it is set."""

    weight: Tensor  # (n_out, n_in)
    bias: Tensor  # (n_out,)

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(n_out, n_in))
        self.register_buffer("bias", torch.zeros(n_out))

    def forward(self, numbers: Tensor) -> Tensor:
        """From (N, n_in) to (N, n_out)."""
        return functional.linear(numbers, self.weight, self.bias)


class Decoder(nn.Module):
    """From codes, (N, n_inputs), to pictures, (N, C, H, W), in about [-1, 1]."""

    def __init__(self, n_inputs: int, config: NetConfig) -> None:
        super().__init__()
        n_first = config.width if config.official else config.widths[-1]
        first = nn.Linear(n_inputs, n_first * CORE_PX**2)
        start = nn.Unflatten(1, (n_first, CORE_PX, CORE_PX))
        layers = _constant(config) if config.official else _narrowing(config)
        last = nn.Conv2d(config.width, config.colours, 3, padding=1)
        self.blocks = nn.Sequential(first, start, *layers, last)
        if config.official:
            self.blocks.apply(glorot)
        self.linear = FixedLinear(n_inputs, config.pixels) if config.linear else None
        if config.linear:
            _zero(last)

    def forward(self, codes: Tensor) -> Tensor:
        """The pictures."""
        made: Tensor = self.blocks(codes)
        return made if self.linear is None else made + self.linear(codes).view_as(made)


class Generator(nn.Module):
    """From z, (N, latent), and y, (N, labels), to pictures, (N, C, H, W)."""

    mix: Tensor  # see class_covariance.py; the name is that of saved weights

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.class_split = config.class_split
        self.decoder = Decoder(config.latent + config.labels, config)
        self.register_buffer("mix", identity_maps(config.latent))

    def z_from_noise(self, noise: Tensor, labels: Tensor) -> Tensor:
        """z, (N, latent), from noise in [-1, 1], with the covariance of the class in y."""
        if self.class_split < 0:
            return noise
        same, slope = self.mix
        label = labels[:, self.class_split, None]  # (N, 1)
        z: Tensor = noise @ same + label * (noise @ slope)  # (N, latent)
        return z

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """G(z|y)."""
        made: Tensor = self.decoder(torch.cat([z, labels], dim=1))
        return made


class Encoder(nn.Module):
    """From pictures, (N, C, H, W), to features, (N, features), and codes, (N, code)."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        blocks = _pooled if config.pooled else _widening if config.official else _strided
        self.blocks, self.last = blocks(config), nn.Linear(config.features, config.code)
        if config.official:
            self.apply(glorot)
        self.linear = FixedLinear(config.pixels, config.code) if config.linear else None
        if config.linear:
            _zero(self.last)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features and codes."""
        features = self.blocks(images)
        code: Tensor = self.last(features)
        return features, code if self.linear is None else code + self.linear(images.flatten(1))


def _zero(layer: nn.Linear | nn.Conv2d) -> None:
    """Zeroes a last layer, so that the network starts as the linear map that it is added to."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


def _conv(n_in: int, n_out: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(n_in, n_out, kernel, stride, padding=kernel // 2), nn.ELU()]


def _narrowing(config: NetConfig) -> list[nn.Module]:
    """A convolution per size; maps get narrower as they grow."""
    widths = config.widths[::-1]
    layers = _conv(widths[0], widths[0])
    for n_in, n_out in pairwise(widths):
        layers += [nn.Upsample(scale_factor=2), *_conv(n_in, n_out)]
    return layers


def _constant(config: NetConfig) -> list[nn.Module]:
    """Two convolutions per size, and one of 1x1 to twice the width before the next."""
    n = config.width
    layers = [*_conv(n, n), *_conv(n, n)]
    for _ in config.widths[1:]:
        layers += [*_conv(n, 2 * n, 1), nn.Upsample(scale_factor=2), *_conv(2 * n, n), *_conv(n, n)]
    return layers


def _strided(config: NetConfig) -> nn.Sequential:
    """A convolution per size."""
    layers = [*_conv(config.colours, config.width), *_conv(config.width, config.width)]
    for n_in, n_out in pairwise(config.widths):
        layers += _conv(n_in, n_out, stride=2)
    return nn.Sequential(*layers, nn.Flatten())


def _widening(config: NetConfig) -> nn.Sequential:
    """Per size two convolutions, of which the second widens, and a third that halves the side."""
    layers, last = _conv(config.colours, config.width), config.widths[-1]
    for n, wider in pairwise(config.widths):
        layers += [*_conv(n, n), *_conv(n, wider), *halving(wider, wider, 3), nn.ELU()]
    return nn.Sequential(*layers, *_conv(last, last), *_conv(last, last), nn.Flatten())


def _pooled(config: NetConfig) -> nn.Sequential:
    """Blocks as in bench.nn.backbones.ConvNet, of 3x3 convolutions, down to 4x4."""
    n_halvings = (config.size_px // POOLED_PX).bit_length() - 1
    pairs = pairwise((config.colours, *[N_FILTERS] * n_halvings))
    return nn.Sequential(*(m for pair in pairs for m in pooled_block(*pair, 3)), nn.Flatten())


class AttributeNet(nn.Module):
    """A network that estimates y, (N, labels), of pictures, (N, C, H, W) in [-1, 1]."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.net = backbone("vgg", config.labels, config.size_px)

    def forward(self, images: Tensor) -> Tensor:
        """Standardised y."""
        found: Tensor = self.net(images.expand(-1, 3, -1, -1))
        return found


class Discriminator(nn.Module):
    """An encoder, a predictor of y, and an autoencoder's decoder or a plain GAN's logit."""

    def __init__(self, config: NetConfig, *, rebuilds: bool) -> None:
        super().__init__()
        self.encoder, self.config = Encoder(config), config
        self.end = Decoder(config.code, config) if rebuilds else nn.Linear(config.code, 1)
        self.predictor = nn.Sequential()
        if not config.split:
            first = nn.Linear(config.features if config.pooled else config.code, config.hidden)
            self.predictor.extend([first, nn.ELU(), nn.Linear(config.hidden, config.labels)])

    def forward(self, images: Tensor) -> tuple[Code, Tensor]:
        """Codes of pictures in [-1, 1], and rebuilt pictures or logits of being real, (N, 1)."""
        (features, whole), latent = self.encoder(images), self.config.latent
        if self.config.split:
            labels = whole[:, latent : latent + self.config.labels]
        else:
            labels = self.predictor(features if self.config.pooled else whole)
        return Code(whole, whole[:, :latent], labels), self.end(whole)


def surrogates(weights: Weights, noise: Array, labels: Array, device: str) -> Images:
    """Pictures, uint8 (N, 3, H, W), that the defense's weights generate.

    The inputs are noise in [-1, 1], (N, latent), and standardised y, (N, labels), float32.
    """
    net = restored(Generator(NetConfig.of(weights)), weights, device, "generator")
    made = exact_outputs(lambda n, y: net(net.z_from_noise(n, y), y), device, noise, labels)
    return np.ascontiguousarray(unscaled(made).expand(-1, 3, -1, -1).numpy())
