"""y: the attributes of a picture as numbers from 0 to 1."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.api import Weights
from bench.faces import Array, Labels, missing

Vectors = NDArray[np.float32]
FLAT = 1e-3  # a spread below which a label says nothing


def vectors(labels: Labels, names: Sequence[str]) -> Vectors:
    """What the labels say, (N, D), 0..1; nan where one is missing.

    Raises:
        ValueError: if a label has more than two classes, or leaves 0..1.
    """
    return np.stack([_numbers(name, np.asarray(labels[name])) for name in names], axis=1)


def _numbers(name: str, label: Array) -> Vectors:
    numbers = np.where(missing(label), np.nan, label).astype(np.float32)  # (N,)
    known = numbers[~np.isnan(numbers)]
    if len(known) and not 0 <= known.min() <= known.max() <= 1:
        raise ValueError(
            f"y wants labels of 0..1 or two classes, {name} has {known.min():g} to "
            f"{known.max():g}; rescale it, or leave it out of the field labels"
        )
    return numbers


class Scale(NamedTuple):
    """Between y and what networks take: mean 0 and spread 1 for every number.

    Attributes:
        mean, spread: of the defender's y, float32, (D,).
        turned: -1 where a mirrored picture has 1 - y, else 1.
    """

    mean: Vectors
    spread: Vectors
    turned: Vectors

    @classmethod
    def of(cls, y: Vectors, turned: NDArray[np.bool_]) -> "Scale":
        """The scale of what is known of y, (N, D), where half of the pictures are mirrored."""
        mean = np.where(turned, np.float32(0.5), np.nanmean(y, axis=0))
        spread = np.sqrt(np.nanmean((y - mean) ** 2, axis=0))
        spread = np.where(spread < FLAT, np.float32(1), spread)
        return cls(mean, spread, np.where(turned, np.float32(-1), np.float32(1)))

    @classmethod
    def kept(cls, weights: Weights) -> "Scale":
        """The scale that is kept with the weights."""
        return cls(*(weights[f"scale.{name}"] for name in cls._fields))

    @property
    def arrays(self) -> Weights:
        """To be kept with the weights."""
        return {f"scale.{name}": array for name, array in self._asdict().items()}

    def standard(self, y: Vectors) -> Vectors:
        """As networks take it, (N, D)."""
        return (y - self.mean) / self.spread

    def natural(self, numbers: Vectors) -> Vectors:
        """As labels say it, (N, D), 0..1."""
        y: Vectors = np.clip(numbers * self.spread + self.mean, 0, 1)
        return y


class Pupils(NamedTuple):
    """What is learned from, on the device.

    Attributes:
        images: uint8, (N, C, H, W).
        labels: standardised y, (N, D); nan where one is missing.
        turned: of Scale, (D,); None if pictures are not mirrored.
    """

    images: Tensor
    labels: Tensor
    turned: Tensor | None

    def batch(self, index: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Those pictures and labels, half of them mirrored by chance."""
        images, labels = self.images[index], self.labels[index]
        if self.turned is None:
            return images, labels
        mirror = (torch.rand(len(index), generator=generator) < 0.5).to(images.device)
        images = torch.where(mirror[:, None, None, None], images.flip(3), images)
        return images, torch.where(mirror[:, None], labels * self.turned, labels)
