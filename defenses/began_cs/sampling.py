"""The pictures and random numbers that each step of training takes.

They are drawn on the CPU for many steps and moved to the device together.
"""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from bench.nn.inputs import Augmentation, scaled
from bench.nn.transfers import moved
from defenses.began_cs.train_config import TrainConfig

AUGMENTATION = Augmentation(shift=0.06, light=0.2)  # of what the estimator sees in training


class TrainingSet(NamedTuple):
    """On the device: pictures, uint8 (N, C, H, W); standardised y, (N, D), nan where missing."""

    images: Tensor
    labels: Tensor


class Drawn(NamedTuple):
    """What a step on n pictures takes."""

    picture: Tensor  # indices of the pictures, int64 (n,), all different
    z: Tensor  # of generated pictures, uniform in [-1, 1), (n, latent)
    noise: Tensor  # of the z of rebuilt pictures, normal, (n, latent)
    changes: Tensor  # of what the estimator sees of them (AUGMENTATION), (n, 5)


class Sampler:
    """Draws pictures, their changes, and noise."""

    def __init__(self, data: TrainingSet, config: TrainConfig, rng: torch.Generator) -> None:
        self.data, self.config, self.rng = data, config, rng

    def steps(self, start: int, end: int) -> Iterator[tuple[int, Drawn]]:
        """The steps from start to end, each with what is drawn for it, on the device."""
        drawn = (self.draw() for _ in range(start, end))
        on_device = itertools.starmap(Drawn, moved(drawn, self.data.images.device))
        return zip(range(start, end), on_device, strict=True)

    def draw(self) -> Drawn:
        """On the CPU, for one step."""
        index = torch.randperm(len(self.data.images), generator=self.rng)[: self.config.batch]
        shape = (len(index), self.config.latent)
        z = 2 * torch.rand(shape, generator=self.rng) - 1
        noise = torch.randn(shape, generator=self.rng)
        return Drawn(index, z, noise, AUGMENTATION.draw(len(index), self.rng))

    def pictures(self, drawn: Drawn) -> tuple[Tensor, Tensor]:
        """Pictures in [-1, 1], and their labels."""
        return scaled(self.data.images[drawn.picture]), self.data.labels[drawn.picture]
