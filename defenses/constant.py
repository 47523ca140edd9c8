"""A control that hides everything."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Described, LatentDefense, Weights
from bench.faces import Faces, Images
from bench.registry import register


@register("constant", control=True)
@dataclass(frozen=True)
class Constant(LatentDefense, Described):
    """Gives out the same grey picture, and zeros as code, for everybody.

    Every attack on it must be exactly at chance; any other result reveals a bug of the suite.

    Source: ours.
    """

    def describe(self, faces: Faces, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Nothing, (N, 0)."""
        return np.empty((len(faces), 0), np.float32)

    def render(self, y: NDArray[np.float32], weights: Weights, context: Context) -> Images:
        """Grey pictures."""
        return np.full((len(y), *context.shape), 128, np.uint8)

    def encode(self, faces: Faces, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Zeros, (N, 8)."""
        return np.zeros((len(faces), 8), np.float32)
