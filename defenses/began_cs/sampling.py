"""The pictures and random numbers that each step of training takes.

They are drawn on the CPU for many steps and moved to the device together.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from bench.nn.inputs import Augmentation, scaled
from bench.nn.transfers import moved
from defenses.began_cs.train_config import TrainConfig

AUGMENTATION = Augmentation(shift=0.06, light=0.2)  # of the estimator's pictures
NONE = torch.zeros(0)


class TrainingSet(NamedTuple):
    """Pictures, uint8 (N, C, H, W), and standardised y, (N, D), nan where missing, on the device.

    `turned`, (D,): see Scale; None if pictures are not mirrored.
    """

    images: Tensor
    labels: Tensor
    turned: Tensor | None

    def draw(self, n: int, rng: torch.Generator) -> Tensor:
        """Which of n pictures are mirrored, half of them at random, (n,), on the CPU."""
        if self.turned is None:
            return torch.zeros(n, dtype=torch.bool)
        return torch.rand(n, generator=rng) < 0.5

    def batch(self, index: Tensor, mirror: Tensor) -> tuple[Tensor, Tensor]:
        """The pictures and labels at `index`, mirrored where `mirror` is true."""
        images, labels = self.images[index], self.labels[index]
        if self.turned is None:
            return images, labels
        images = torch.where(mirror[:, None, None, None], images.flip(3), images)
        return images, torch.where(mirror[:, None], labels * self.turned, labels)


class Drawn(NamedTuple):
    """What a step on n pictures takes, float32 unless stated; empty if it takes none."""

    picture: Tensor  # indices of the pictures, int64 (n,), all different
    mirror: Tensor  # see TrainingSet, bool (n,)
    z_noise: Tensor  # in [-1, 1), (n, latent)
    moves: Tensor  # of the pictures, (n, 3); see Augmentation
    made_moves: Tensor  # of generated pictures, (n, 3)
    real_noise: Tensor  # on the discriminator's inputs: pictures, (n, C, H, W),
    made_noise: Tensor = NONE  # generated pictures when it learns,
    judged_noise: Tensor = NONE  # and when the generator learns
    light: Tensor = NONE  # on the estimator's inputs, see `varied`
    estimator_noise: Tensor = NONE


class Sampler:
    """Draws pictures, their changes, and noise."""

    def __init__(self, data: TrainingSet, config: TrainConfig, rng: torch.Generator) -> None:
        self.data, self.config, self.rng = data, config, rng
        self.shape = (min(config.batch, len(data.images)), *data.images.shape[1:])
        self.augmentation = Augmentation(config.shift)

    def sample(self, n: int) -> tuple[Tensor, Tensor]:
        """At most n different pictures in [-1, 1], mirrored and shifted, and their labels."""
        index = torch.randperm(len(self.data.images), generator=self.rng)[:n]
        drawn = (index, self.data.draw(len(index), self.rng), self.moves(len(index)))
        return self.pictures(*(part.to(self.data.images.device) for part in drawn))

    def steps(self, start: int, end: int, *, warm_up: bool) -> Iterator[tuple[int, Drawn]]:
        """The steps from start to end, each with what is drawn for it, on the device."""
        drawn = (self.draw(warm_up=warm_up) for _ in range(start, end))
        on_device = itertools.starmap(Drawn, moved(drawn, self.data.images.device))
        return zip(range(start, end), on_device, strict=True)

    def draw(self, *, warm_up: bool) -> Drawn:
        """On the CPU, for a step of the warm-up or of adversarial training."""
        config, rng, n = self.config, self.rng, self.shape[0]
        index = torch.randperm(len(self.data.images), generator=rng)[:n]
        mirror = self.data.draw(n, rng)
        z_noise = 2 * torch.rand(n, config.latent, generator=rng) - 1
        moves = self.moves(n)
        made_moves = NONE if warm_up else self.moves(n)
        real_noise = drawn_noise(self.shape, config.noise_std, rng)
        first = (index, mirror, z_noise, moves, made_moves, real_noise)
        if warm_up:
            return Drawn(*first)
        made, judged = (drawn_noise(self.shape, config.noise_std, rng) for _ in range(2))
        if not config.w_estimator:
            return Drawn(*first, made, judged)
        variation = drawn_variation(self.shape, config.estimator_noise_std, rng)
        return Drawn(*first, made, judged, *variation)

    def moves(self, n: int) -> Tensor:
        """The random numbers for n shifted pictures, (n, 3), or (n, 0) if they are not shifted."""
        return self.augmentation.draw_moves(n, self.rng) if self.config.shift else torch.zeros(n, 0)

    def shifted(self, images: Tensor, moves: Tensor) -> Tensor:
        """Pictures shifted at random (real and generated), so that no single pixel matters."""
        return self.augmentation.shift_and_flip(images, moves) if self.config.shift else images

    def pictures(self, index: Tensor, mirror: Tensor, moves: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures in [-1, 1], mirrored and shifted, and their labels."""
        images, labels = self.data.batch(index, mirror)
        return scaled(self.shifted(images, moves)), labels


def drawn_noise(shape: Sequence[int], noise_std: float | Tensor, rng: torch.Generator) -> Tensor:
    """Noise on pictures of the shape (N, C, H, W); (N, 0) if it is 0."""
    if not isinstance(noise_std, Tensor) and not noise_std:
        return torch.zeros(shape[0], 0)
    return noise_std * torch.randn(shape, generator=rng)


def noisy(images: Tensor, noise: Tensor) -> Tensor:
    """Pictures, (N, C, H, W), with the noise that was drawn.

    Source: Kaur, Cohen, Lipton, arXiv:1910.08640: gradients of networks trained with noise show
    the features that they use, so a generator that follows them draws these.
    """
    return images + noise if noise.shape[1] else images


def drawn_variation(
    shape: Sequence[int], noise_std: float, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Light, (N, 2), and noise for `varied`: of each picture its own, up to `noise_std`."""
    light = AUGMENTATION.draw_rest(shape[0], rng)
    if not noise_std:
        return light, drawn_noise(shape, 0.0, rng)
    each = noise_std * torch.rand(shape[0], 1, 1, 1, generator=rng)  # (N, 1, 1, 1)
    return light, drawn_noise(shape, each, rng)


def varied(images: Tensor, light: Tensor, noise: Tensor) -> Tensor:
    """Pictures in [-1, 1], relit and noisy, as the estimator sees them; differentiable."""
    return noisy(AUGMENTATION.warp_and_relight(images, light), noise)
