"""Test plugins: defenses that give away a known amount, of known people."""

from dataclasses import dataclass

import numpy as np

from bench.api import LatentDefense, Learned, field
from bench.faces import Release
from bench.registry import register


@register("keeper")
@dataclass(frozen=True)
class Keeper(LatentDefense):
    """Gives out the means of 16 blocks, which are its code, or of none. Source: ours."""

    n: int = field(16, about="blocks kept, 0 or 16", at="protect")

    def protect(self, faces, weights, context):
        blocks = self.encode(faces, weights, context).reshape(-1, 3, 4, 4)
        return Release(blocks.repeat(4, axis=2).repeat(4, axis=3).round().astype(np.uint8))

    def encode(self, faces, weights, context):
        blocks = faces.images.reshape(-1, 3, 4, 4, 4, 4).mean(axis=(3, 5), dtype=np.float32)
        return blocks.reshape(len(faces), -1) * np.float32(bool(self.n))


@register("parrot")
@dataclass(frozen=True)
class Parrot(Learned):
    """Gives out pictures that it was trained on, with one bit changed. Source: ours."""

    share: float = field(
        1.0, about="of releases that are such pictures, 0 to 1; the rest are left alone"
    )

    def fit(self, faces, context):
        return {"known": faces.images}

    def protect(self, faces, weights, context):
        shown = np.stack(
            [
                weights["known"][rng.integers(len(weights["known"]))]
                if rng.random() < self.share
                else image
                for image, rng in zip(faces.images, context.row_rngs, strict=True)
            ]
        )
        return Release(shown ^ 1)
