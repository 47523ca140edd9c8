"""Encoder, decoder and discriminator of PPRL-VGAN, for pictures of 32, 64 or 128 px.

Every block halves or doubles the picture, down to and up from 4x4; the released networks are those
of 64 px and width 32.

Source: Chen, Konrad, Ishwar, CVPR-W 2018; released train.py.
Differs from it: padding of odd kernels is symmetric, where Keras pads less on the left and above.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

SIZES_PX = (32, 64, 128)
WIDEST = 8  # channels of the last convolution, in multiples of the width
HIDDEN = 256  # units of the discriminator's dense layer


class Form(NamedTuple):
    """What decides the networks; kept with their weights, so that these explain themselves.

    Attributes:
        size_px: side of a picture, one of SIZES_PX.
        n_people, n_classes: the defender's people; classes of the utility label.
        kernel: side of every convolution, px.
        width: channels of the first convolution of encoder and discriminator.
        decoder_width: channels that the decoder begins with.
        latent: numbers in a code.
        bounded: 1 if the log-variance goes through a sigmoid, as released: the spread of a code is
            then at least 1, and no code can become certain.
        squared: 1 if the spread is exp(logvar ** 2 / 2), as released for MUG; else exp(logvar / 2).
        pooled: 1 if encoder and discriminator have the blocks of the authors' identifier
            (convolution, batch norm, max-pooling), which learn expressions from few pictures, and
            not the released ones (convolution with stride 2).
    """

    size_px: int
    n_people: int
    n_classes: int
    kernel: int
    width: int
    decoder_width: int
    latent: int
    bounded: int
    squared: int
    pooled: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels after each halving: 32, 64, 128, 256 at 64 px."""
        n_halvings = self.size_px.bit_length() - 3  # down to 4x4
        return tuple(self.width * min(1 << i, WIDEST) for i in range(n_halvings))


class Verdict(NamedTuple):
    """What the discriminator says of pictures: logits.

    Attributes:
        real: (N,).
        person: (N, n_people).
        utility: (N, n_classes).
    """

    real: Tensor
    person: Tensor
    utility: Tensor


class Encoder(nn.Module):
    """From pictures, (N, 3, H, W) in [-1, 1], to the moments of their codes."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.body = _narrowing(form, regular=not form.pooled)  # (N, C*4*4)
        self.mean = nn.Linear(16 * form.widths[-1], form.latent)
        self.logvar = nn.Linear(16 * form.widths[-1], form.latent)
        self.form = form

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance, (N, latent) each."""
        features = self.body(images)
        logvar = self.logvar(features)
        return self.mean(features), torch.sigmoid(logvar) if self.form.bounded else logvar

    def spread(self, logvar: Tensor) -> Tensor:
        """What standard normal noise is multiplied by, (N, latent)."""
        return (logvar.square() / 2 if self.form.squared else logvar / 2).exp()


class Decoder(nn.Module):
    """From codes, (N, latent), and people, (N,), to pictures, (N, 3, H, W) in [-1, 1]."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        first = form.decoder_width
        widths = [first, 2 * first, *[first] * (len(form.widths) - 2)]
        layers: list[nn.Module] = []
        for n_in, n_out in pairwise(widths):
            layers += [_doubling(n_in, n_out, form.kernel), nn.ReLU(), _norm(n_out)]
        self.dense = nn.Linear(form.latent + form.n_people, 16 * first)
        self.body = nn.Sequential(
            nn.ReLU(),
            nn.Unflatten(1, (first, 4, 4)),
            *layers,
            _doubling(widths[-1], 3, form.kernel),
            nn.Tanh(),
        )
        self.n_people = form.n_people

    def forward(self, codes: Tensor, person: Tensor) -> Tensor:
        """The face of that person with what the code says."""
        wanted = functional.one_hot(person, self.n_people).to(codes.dtype)
        made: Tensor = self.body(self.dense(torch.cat([codes, wanted], dim=1)))
        return made


class Discriminator(nn.Module):
    """Says of pictures, (N, 3, H, W) in [-1, 1], whether they are real, who it is, and what."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.body = _narrowing(form, regular=False)  # (N, C*4*4)
        self.dense = nn.Sequential(
            nn.Linear(16 * form.widths[-1], HIDDEN), nn.LeakyReLU(0.2), nn.Dropout(0.5)
        )
        self.real = nn.Linear(HIDDEN, 1)
        self.person = nn.Linear(HIDDEN, form.n_people)
        self.utility = nn.Linear(HIDDEN, form.n_classes)

    def forward(self, images: Tensor) -> Verdict:
        """Three heads on one body."""
        features = self.dense(self.body(images))
        return Verdict(self.real(features)[:, 0], self.person(features), self.utility(features))


def _narrowing(form: Form, *, regular: bool) -> nn.Sequential:
    """Blocks that halve pictures down to 4x4, flat; regular: with batch norm and dropout."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise((3, *form.widths)):
        if form.pooled:
            side = form.kernel - 1 + form.kernel % 2  # odd: the picture keeps its size
            layers += [nn.Conv2d(n_in, n_out, side, padding=side // 2), nn.LeakyReLU(0.2)]
            layers += [nn.BatchNorm2d(n_out), nn.MaxPool2d(3, stride=2, padding=1)]
            continue
        layers.append(nn.Conv2d(n_in, n_out, form.kernel, 2, (form.kernel - 1) // 2))
        if regular:
            layers += [_norm(n_out), nn.Dropout(0.3)]
        layers.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*layers, nn.Flatten())


def _doubling(n_in: int, n_out: int, kernel: int) -> nn.ConvTranspose2d:
    padding = (kernel - 1) // 2
    return nn.ConvTranspose2d(n_in, n_out, kernel, 2, padding, output_padding=kernel % 2)


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, eps=1e-3, momentum=0.2)  # Keras' default, and its momentum 0.8
