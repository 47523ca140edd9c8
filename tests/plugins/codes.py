"""Test plugins: defenses that give away a known amount, of known people."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

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


@register("noter")
@dataclass(frozen=True)
class Noter(LatentDefense, Learned):
    """Writes down what it is shown, into $TOY_NOTES. Source: ours."""

    def fit(self, faces, context):
        note("fit", faces, context)
        return {"nothing": np.zeros(1, np.float32)}

    def protect(self, faces, weights, context):
        note("protect", faces, context)
        return Release(faces.images)

    def encode(self, faces, weights, context):
        note("encode", faces, context)
        return faces.images.reshape(len(faces), -1).astype(np.float32)


def note(step, faces, context):
    arrays = [faces.images, faces.image_id, *faces.labels.values()]
    seen = {
        "step": step,
        "n": len(faces),
        "ids": faces.image_id.tolist(),
        "bases": [str(type(a.base)) for a in arrays if a.base is not None],
        "held": [one for held in vars(context.row_rngs).values() for one in held]
        if context.row_rngs
        else [],
    }
    name = f"{len(os.listdir(os.environ['TOY_NOTES']))}.json"
    Path(os.environ["TOY_NOTES"], name).write_text(json.dumps(seen))


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
