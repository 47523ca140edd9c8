"""y: the attributes of a picture as numbers from 0 to 1."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.api import Weights
from bench.faces import Labels, missing
from bench.nn.state import with_prefix

Vectors = NDArray[np.float32]
MIN_SPREAD = 1e-3  # below it a label is constant


def vectors(labels: Labels, names: Sequence[str]) -> Vectors:
    """The labels as y, (N, D), 0..1; nan where one is missing.

    Raises:
        ValueError: if a label has more than two classes, or values outside 0..1.
    """
    y = np.zeros((len(labels[names[0]]), len(names)), np.float32)
    for i, name in enumerate(names):
        label = np.asarray(labels[name])
        y[:, i] = np.where(missing(label), np.nan, label)
        known = y[~np.isnan(y[:, i]), i]
        if len(known) and not 0 <= known.min() <= known.max() <= 1:
            raise ValueError(
                f"expected labels of 0..1 or two classes, got {name} from {known.min():g} to "
                f"{known.max():g}; rescale it, or leave it out of the field labels"
            )
    return y


class Scale(NamedTuple):
    """Centres y for the networks, and by default standardises it, each number by its own, (D,)."""

    mean: Vectors  # of the defender's y
    spread: Vectors  # its standard deviation, or 1

    @classmethod
    def of(cls, y: Vectors, *, standardize: bool = True) -> "Scale":
        """The scale of the known values of y, (N, D)."""
        spread = np.nanstd(y, axis=0)
        spread = np.where((spread < MIN_SPREAD) | (not standardize), np.float32(1), spread)
        return cls(np.nanmean(y, axis=0), spread)

    @classmethod
    def stored(cls, weights: Weights) -> "Scale":
        """The scale stored with the weights."""
        return cls(*(weights[f"scale.{name}"] for name in cls._fields))

    @property
    def arrays(self) -> Weights:
        """Arrays to store with the weights."""
        return with_prefix("scale", self._asdict())

    def standard(self, y: Vectors) -> Vectors:
        """Standardised y, (N, D)."""
        return (y - self.mean) / self.spread

    def inverse(self, numbers: Vectors) -> Vectors:
        """The inverse of `standard`, clipped to 0..1."""
        return np.asarray(np.clip(numbers * self.spread + self.mean, 0, 1))
