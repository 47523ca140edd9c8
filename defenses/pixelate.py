"""Pixelation, also called mosaicing."""

from dataclasses import dataclass

import numpy as np

from bench.api import Context, Defense, Weights, field
from bench.faces import Faces, Release
from bench.registry import register


@register("pixelate")
@dataclass(frozen=True)
class Pixelate(Defense):
    """Replaces each square block by its mean colour.

    Source: McPherson, Shokri, Shmatikov, arXiv:1609.00408, 2016 [mcpherson2016obfuscation]
        (attacked there).
    Differs from it: exact means; toolkits that resize bilinearly use only a few pixels.
    """

    block: float = field(
        0.125, about="side of a block, fraction of picture width", at="protect", within="(0, 1]"
    )

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Pictures of blocks; blocks at the right and lower edges may be smaller."""
        height, width = faces.images.shape[2:]
        side_px = max(1, round(self.block * width))
        images = np.empty_like(faces.images)
        for top in range(0, height, side_px):
            for left in range(0, width, side_px):
                here = (..., slice(top, top + side_px), slice(left, left + side_px))
                images[here] = np.rint(faces.images[here].mean(axis=(2, 3), keepdims=True))
        return Release(images)
