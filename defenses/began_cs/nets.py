"""Generator and discriminator, for pictures of 32, 64 or 128 px, grey or in colour.

Source: Shirai and Whitehill, CVPR-W 2019, section 4.2, which gives no widths; the blocks are those
of Berthelot, Schumm, Metz, arXiv:1703.10717: 3x3 convolutions and ELU on 8x8 places and every
doubling of these.
Differs from it: widths shrink towards the picture in the decoder as they grow in the encoder; the
number of convolutions on each size can be chosen; `folded` networks do without the largest maps,
which take half of the time (Shi et al., CVPR 2016: pixels as channels).
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

SIZES_PX = (32, 64, 128)
CORE_PX = 8  # side of the smallest map


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
        normed: 1 if the encoder has batch norm, with which it learns y from few pictures.
        spare: numbers in the encoder's code beside z (and y), which no noise asks for.
        folded: 1 if networks work on half the size, with 2x2 pixels as channels of one place.
    """

    size_px: int
    colours: int
    labels: int
    width: int
    depth: int
    latent: int
    hidden: int
    split: int
    normed: int
    spare: int
    folded: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels on the networks' size and after each halving, down to 8x8."""
        n_halvings = (self.size_px // self.fold // CORE_PX).bit_length() - 1
        return tuple(self.width * (i + 1) for i in range(n_halvings + 1))

    @property
    def fold(self) -> int:
        """Pixels along the side of a place."""
        return 1 + self.folded

    @property
    def channels(self) -> int:
        """Numbers that say the pixels of a place."""
        return self.colours * self.fold**2

    @property
    def code(self) -> int:
        """Numbers in the encoder's code."""
        return self.latent + self.labels * self.split + self.spare


class Code(NamedTuple):
    """What an encoder says of N pictures.

    Attributes:
        whole: all of it, (N, code).
        noise: z, (N, latent).
        labels: y as it is predicted, (N, labels).
    """

    whole: Tensor
    noise: Tensor
    labels: Tensor


class Decoder(nn.Sequential):
    """From codes, (N, n_inputs), to pictures, (N, C, H, W), in about [-1, 1]."""

    def __init__(self, n_inputs: int, form: Form) -> None:
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
        ends = nn.Conv2d(n_in, form.channels, 3, padding=1), nn.PixelShuffle(form.fold)
        super().__init__(*layers, *ends)


class Generator(nn.Module):
    """From noise, (N, latent) in [-1, 1], and y, (N, labels), to pictures, (N, C, H, W)."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.decoder = Decoder(form.latent + form.labels, form)

    def forward(self, noise: Tensor, labels: Tensor) -> Tensor:
        """G(z|y)."""
        made: Tensor = self.decoder(torch.cat([noise, labels], dim=1))
        return made


class Encoder(nn.Sequential):
    """From pictures to codes, (N, code)."""

    def __init__(self, form: Form) -> None:
        steps = [(form.channels, form.width, 1)]
        for number, width in enumerate(form.widths):
            for place in range(form.depth):
                steps.append((steps[-1][1], width, 2 if number and not place else 1))
        layers: list[nn.Module] = [nn.PixelUnshuffle(form.fold)]
        for n_in, n_out, stride in steps:
            layers += [nn.Conv2d(n_in, n_out, 3, stride, padding=1)]
            layers += [nn.BatchNorm2d(n_out)] if form.normed else []
            layers += [nn.ELU()]
        places = form.widths[-1] * CORE_PX**2
        super().__init__(*layers, nn.Flatten(), nn.Linear(places, form.code))


class Discriminator(nn.Module):
    """An encoder whose code says z and y, and an autoencoder's decoder or a plain GAN's verdict."""

    def __init__(self, form: Form, *, rebuilds: bool) -> None:
        super().__init__()
        self.encoder, self.form = Encoder(form), form
        self.end = Decoder(form.code, form) if rebuilds else nn.Linear(form.code, 1)
        self.predictor = nn.Sequential(
            nn.Linear(form.code, form.hidden), nn.ELU(), nn.Linear(form.hidden, form.labels)
        )
        if form.split:
            self.predictor = nn.Sequential()

    def forward(self, images: Tensor) -> tuple[Code, Tensor]:
        """The codes of pictures, (N, C, H, W) in [-1, 1], and what comes of these.

        That is rebuilt pictures, or logits of being real, (N, 1).
        """
        code = self.coded(images)
        return code, self.end(code.whole)

    def coded(self, images: Tensor) -> Code:
        """The codes alone."""
        whole = self.encoder(images)
        noise, split = whole[:, : self.form.latent], whole[:, self.form.latent :]
        labels = split[:, : self.form.labels] if self.form.split else self.predictor(whole)
        return Code(whole, noise, labels)
