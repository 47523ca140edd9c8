"""Encoder, decoder and discriminator of PPRL-VGAN, for pictures of 32, 64 or 128 px.

Every block halves or doubles the side, down to 4x4 and up again; the released networks are for 64
px, with width 32.

Source: Chen, Konrad, Ishwar, CVPR-W 2018; released train.py.
Differs from it: without `released`, weights start as PyTorch's do, and padding is symmetric.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.api import Weights
from bench.faces import Images
from bench.nn.backbones import pooled_block
from bench.nn.classifier import exact_outputs
from bench.nn.inputs import scaled, unscaled
from bench.nn.keras import doubling, glorot, halving
from bench.nn.state import config_of, restored

SIZES_PX = (32, 64, 128)
WIDEST = 8  # channels of the last convolution, in multiples of the width
HIDDEN = 256  # units of the discriminator's dense layer
Codes = NDArray[np.float32]


class NetConfig(NamedTuple):
    """The integers that define the networks, stored with their weights; see TrainConfig.

    `released` networks have convolutions of stride 2, Keras' initial weights and its padding;
    others the blocks of the authors' identifier (convolution, batch norm, max-pooling), which learn
    from few pictures.
    """

    size_px: int  # side of a picture, one of SIZES_PX
    n_people: int  # the defender's people
    n_classes: int  # of the utility label
    kernel: int
    width: int
    decoder_width: int
    latent: int
    bounded: int  # 1 for a sigmoid of the log-variance: the spread of a code is then at least 1
    squared: int
    released: int

    @classmethod
    def of(cls, weights: Weights) -> "NetConfig":
        """The config stored with the weights; older ones lack `released`."""
        return config_of(cls, {"config.released": np.zeros(1), **weights})

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels after each halving: 32, 64, 128, 256 at 64 px."""
        n_halvings = self.size_px.bit_length() - 3  # down to 4x4
        return tuple(self.width * min(1 << i, WIDEST) for i in range(n_halvings))


class Logits(NamedTuple):
    """The discriminator's outputs: (N,), (N, n_people) and (N, n_classes)."""

    real: Tensor
    person: Tensor
    utility: Tensor


class Generated(NamedTuple):
    """Pictures in [-1, 1], (N, 3, H, W), their codes, (N, latent), and divergence, (N,)."""

    images: Tensor
    codes: Tensor
    divergence: Tensor


class Encoder(nn.Module):
    """Maps pictures, (N, 3, H, W) in [-1, 1], to the moments of their codes."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.body = _downsampling(config, regularized=bool(config.released))  # (N, C*4*4)
        self.mean = nn.Linear(16 * config.widths[-1], config.latent)
        self.logvar = nn.Linear(16 * config.widths[-1], config.latent)
        self.config = config

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance, (N, latent) each."""
        features = self.body(images)
        logvar = self.logvar(features)
        return self.mean(features), torch.sigmoid(logvar) if self.config.bounded else logvar

    def spread(self, logvar: Tensor) -> Tensor:
        """Standard deviation of the code, (N, latent)."""
        return (logvar.square() / 2 if self.config.squared else logvar / 2).exp()


class Decoder(nn.Module):
    """Maps codes, (N, latent), and people, (N,), to pictures, (N, 3, H, W) in [-1, 1]."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        first = config.decoder_width
        widths = [first, 2 * first, *[first] * (len(config.widths) - 2)]
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(widths):
            layers += [*_doubling(n_in, n_out, config), nn.ReLU(inplace=True), _norm(n_out)]
        self.dense = nn.Linear(config.latent + config.n_people, 16 * first)
        start, last = nn.Unflatten(1, (first, 4, 4)), _doubling(widths[-1], 3, config)
        self.body = nn.Sequential(nn.ReLU(inplace=True), start, *layers, *last, nn.Tanh())
        self.n_people = config.n_people

    def forward(self, codes: Tensor, person: Tensor) -> Tensor:
        """Faces of the people, made from the codes."""
        shown = person[:, None] == torch.arange(self.n_people, device=person.device)  # one hot
        made: Tensor = self.body(self.dense(torch.cat([codes, shown.to(codes.dtype)], dim=1)))
        return made


class Discriminator(nn.Module):
    """Maps pictures, (N, 3, H, W) in [-1, 1], to logits of real, person and utility label."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        self.body = _downsampling(config, regularized=False)  # (N, C*4*4)
        dense = nn.Linear(16 * config.widths[-1], HIDDEN)
        self.dense = nn.Sequential(dense, nn.LeakyReLU(0.2, inplace=True), nn.Dropout(0.5))
        self.real = nn.Linear(HIDDEN, 1)
        self.person = nn.Linear(HIDDEN, config.n_people)
        self.utility = nn.Linear(HIDDEN, config.n_classes)

    def forward(self, images: Tensor) -> Logits:
        """Three heads on one body."""
        features = self.dense(self.body(images))
        return Logits(self.real(features)[:, 0], self.person(features), self.utility(features))


def _downsampling(config: NetConfig, *, regularized: bool) -> nn.Sequential:
    """Blocks that halve pictures to 4x4, flattened; regularized by batch norm and dropout."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise((3, *config.widths)):
        if not config.released:
            layers += pooled_block(n_in, n_out, config.kernel - 1 + config.kernel % 2)
            continue
        layers += halving(n_in, n_out, config.kernel)
        if regularized:
            layers += [_norm(n_out), nn.Dropout(0.3)]
        layers.append(nn.LeakyReLU(0.2, inplace=True))
    return nn.Sequential(*layers, nn.Flatten())


def _doubling(n_in: int, n_out: int, config: NetConfig) -> list[nn.Module]:
    kernel = config.kernel
    if config.released:
        return doubling(n_in, n_out, kernel)
    padding = (kernel - 1) // 2
    return [nn.ConvTranspose2d(n_in, n_out, kernel, 2, padding, output_padding=kernel % 2)]


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, eps=1e-3, momentum=0.2)  # Keras' default eps; its momentum is 0.8


def networks(config: NetConfig) -> tuple[Encoder, Decoder, Discriminator]:
    """The networks with initial weights."""
    nets = Encoder(config), Decoder(config), Discriminator(config)
    for net in nets if config.released else ():
        net.apply(glorot)
    return nets


def moments(images: Images, weights: Weights, device: str) -> tuple[Codes, Codes]:
    """Mean and spread of the codes of pictures, (N, latent) each, from the defense's weights."""
    net = restored(Encoder(NetConfig.of(weights)), weights, device, "encoder")

    def both(chunk: Tensor) -> Tensor:
        mean, logvar = net(scaled(chunk))
        return torch.stack([mean, net.spread(logvar)], dim=1)

    mean, spread = exact_outputs(both, device, images).unbind(1)
    return mean.numpy(), spread.numpy()


def decoded(codes: Codes, person: NDArray[np.int64], weights: Weights, device: str) -> Images:
    """Pictures, uint8 (N, 3, H, W), from codes, (N, latent), and people, (N,)."""
    net = restored(Decoder(NetConfig.of(weights)), weights, device, "decoder")
    return np.ascontiguousarray(unscaled(exact_outputs(net, device, codes, person)).numpy())
