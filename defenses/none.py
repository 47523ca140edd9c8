"""A control that hides nothing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, LatentDefense, Weights, field
from bench.faces import Faces, Release
from bench.registry import register


@register("none", control=True)
@dataclass(frozen=True)
class NoDefense(LatentDefense):
    """Gives out the picture unchanged; the code is a small copy of it.

    Source: ours (the papers' privacy-unconstrained case).
    """

    changes_nothing = True

    side: int = field(16, about="side of the small copy, px", at="protect", within="[1, 1024]")

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures, unchanged."""
        return Release(faces.images)

    def encode(self, faces: Faces, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Means of equal blocks, in 0..1, (N, 3*side*side)."""
        n, channels, height, width = faces.images.shape
        step = max(1, min(height, width) // self.side)
        rows, columns = height // step, width // step  # pixels beyond them are cut off
        whole = faces.images[:, :, : rows * step, : columns * step]
        blocks = whole.reshape(n, channels, rows, step, columns, step)
        means = blocks.mean(axis=(3, 5), dtype=np.float32)  # (N, 3, rows, columns)
        codes: NDArray[np.float32] = means / np.float32(255)
        return codes.reshape(n, -1)  # (N, 3*rows*columns)
