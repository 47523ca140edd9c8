"""Gaussian blur."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bench.api import Context, Defense, Weights, field
from bench.faces import Faces, Release
from bench.registry import register

_TILE = 24  # rows or columns at once: a Gaussian takes them from few others
_VALUES = 2**16  # at once; more would leave the processor's cache


@register("blur")
@dataclass(frozen=True)
class Blur(Defense):
    """Blurs the whole picture with a Gaussian.

    Source: McPherson, Shokri, Shmatikov, arXiv:1609.00408, 2016 [mcpherson2016obfuscation]
        (attacked there).
    """

    sigma: float = field(
        0.06, about="standard deviation, fraction of picture width", at="protect", within="(0, 10]"
    )

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Blurred pictures; the picture is mirrored beyond its edges.

        Each plane is a product of its own: its values do not depend on the pictures beside it.
        """
        height, width = faces.images.shape[2:]
        sigma_px = self.sigma * width
        down, across = (list(_weights(side, sigma_px)) for side in (height, width))
        planes = faces.images.reshape(-1, height, width)  # (N * 3, H, W)
        blurred = np.empty_like(planes)
        n = max(1, _VALUES // (height * width))
        for start in range(0, len(planes), n):
            exact = planes[start : start + n].astype(np.float64)
            smooth = np.empty(exact.shape, np.float32)
            for rows, near, weight in down:
                smooth[:, rows] = weight @ exact[:, near]
            exact = smooth.astype(np.float64)
            for columns, near, weight in across:
                smooth[:, :, columns] = exact[:, :, near] @ weight.T
            blurred[start : start + n] = np.rint(smooth)
        return Release(blurred.reshape(faces.images.shape))


def _weights(side: int, sigma_px: float) -> Iterator[tuple[slice, slice, NDArray[np.float64]]]:
    """A tile of a column, the pixels that it is made of, and their weights, (tile, pixels)."""
    weights = ndimage.gaussian_filter1d(np.eye(side), sigma_px, axis=0)
    for start in range(0, side, _TILE):
        tile = slice(start, start + _TILE)
        used = np.flatnonzero(weights[tile].any(axis=0))
        near = slice(int(used[0]), int(used[-1]) + 1)
        yield tile, near, weights[tile, near]
