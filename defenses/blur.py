"""Gaussian blur."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from bench.api import Context, Defense, Weights, field
from bench.faces import Faces, Release
from bench.registry import register


@register("blur")
@dataclass(frozen=True)
class Blur(Defense):
    """Blurs the whole picture with a Gaussian.

    Source: McPherson, Shokri, Shmatikov, arXiv:1609.00408, 2016 (attacked there).
    """

    sigma: float = field(0.06, about="standard deviation, fraction of picture width", at="protect")

    def __post_init__(self) -> None:
        if self.sigma <= 0:
            raise ValueError(f"expected sigma > 0, got {self.sigma}")

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Blurred pictures; the picture is mirrored beyond its edges."""
        sigma_px = self.sigma * faces.images.shape[3]
        blurred = np.empty_like(faces.images)
        for image, out in zip(faces.images, blurred, strict=True):
            smooth = ndimage.gaussian_filter(image.astype(np.float32), (0, sigma_px, sigma_px))
            out[:] = np.rint(smooth)
        return Release(blurred)
