"""A decoder that can be followed by hand: half of each picture is the person, half the code."""

from dataclasses import dataclass

import numpy as np

from bench.api import LatentDefense, Learned
from bench.faces import Release
from bench.registry import register
from bench.verb import Applied, Verb


@register("painter")
@dataclass(frozen=True)
class Painter(Learned, LatentDefense):
    """Paints the person left, 30 grey levels each, and the code right. Source: ours."""

    reads_to_fit = ("identity",)

    def fit(self, faces, context):
        return {"n_people": np.array([faces.labels["identity"].max() + 1])}

    def protect(self, faces, weights, context):
        codes = self.encode(faces, weights, context)
        return Release(self.decode(codes, {"c": np.zeros(len(faces), int)}, weights, context))

    def encode(self, faces, weights, context):
        half = faces.images.shape[3] // 2
        return faces.images[..., half:].mean(axis=(2, 3), dtype=np.float32)[:, :1]

    def decode(self, codes, condition, weights, context):
        made = np.empty((len(codes), 3, 16, 16), np.uint8)
        made[..., :8] = 30 * condition["c"][:, None, None, None]
        made[..., 8:] = codes.round().astype(np.uint8)[:, :, None, None]
        return made


@register("mirror")
@dataclass(frozen=True)
class Mirror(Verb):
    """Turns pictures round. Source: ours."""

    defense = "painter"

    def apply(self, pictures, tools):
        turned = {name: image[:, :, ::-1] for name, image in pictures.items()}
        images = np.stack([*turned.values()])
        return Applied(turned, images, {"turned": images}, {"taste": "nobody was asked"})
