"""A control that hides everything."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, LatentDefense, Weights
from bench.faces import Faces, Release
from bench.registry import register


@register("constant", control=True)
@dataclass(frozen=True)
class Constant(LatentDefense):
    """Gives out the same grey picture, and zeros as code, for everybody.

    Every attack on it must be exactly at chance; any other result reveals a bug of the suite.

    Source: ours.
    """

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Grey pictures."""
        return Release(np.full_like(faces.images, 128))

    def encode(self, faces: Faces, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Zeros, (N, 8)."""
        return np.zeros((len(faces), 8), np.float32)
