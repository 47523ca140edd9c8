"""Additive Gaussian noise."""

from dataclasses import dataclass

import numpy as np

from bench.api import Context, Defense, Weights, field
from bench.faces import Faces, Release
from bench.registry import register


@register("noise")
@dataclass(frozen=True)
class Noise(Defense):
    """Adds independent Gaussian noise to every value, then clips.

    Source: Todt, Hanisch, Strufe, arXiv:2210.10651, 2022 [todt2022fantomas] (attacked there).
    Differs from it: symmetric noise; if it is clipped at 0 before it is added, it only brightens.
    """

    sigma: float = field(
        0.2, about="standard deviation, fraction of 255", at="protect", within="(0, 1e3]"
    )

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Noisy pictures."""
        images = np.empty_like(faces.images)
        for image, rng, out in zip(faces.images, context.row_rngs, images, strict=True):
            noise = rng.standard_normal(image.shape, np.float32) * np.float32(self.sigma * 255)
            out[:] = np.clip(np.rint(image + noise), 0, 255)
        return Release(images)
