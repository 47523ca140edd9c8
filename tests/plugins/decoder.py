"""A test plugin with a decoder: half of each picture is the person, half the code."""

from dataclasses import dataclass

import numpy as np

from bench.api import LatentDefense, Learned, field
from bench.faces import Release
from bench.operation import Applied, Operation
from bench.registry import register


@register("painter")
@dataclass(frozen=True)
class Painter(Learned, LatentDefense):
    """Paints the person left, 30 grey levels each, and the code right. Source: ours."""

    code: str = field("sample", about="sample, with noise, or mean", at="protect")
    reads_to_fit = ("identity",)

    def fit(self, faces, context):
        return {"people": np.unique(faces.labels["identity"])}

    def protect(self, faces, weights, context):
        codes = self.encode(faces, weights, context)
        return Release(self.decode(codes, {"person": np.zeros(len(faces), int)}, weights, context))

    def encode(self, faces, weights, context):
        half = faces.images.shape[3] // 2
        mean = faces.images[..., half:].mean(axis=(2, 3), dtype=np.float32)[:, :1]
        noise = [9 * rng.random(1, dtype=np.float32) for rng in context.row_rngs]
        return mean if self.code == "mean" else mean + np.stack(noise)

    def decode(self, codes, condition, weights, context):
        made = np.empty((len(codes), 3, 16, 16), np.uint8)
        made[..., :8] = 30 * condition["person"][:, None, None, None]
        made[..., 8:] = codes.round().clip(0, 255).astype(np.uint8)[:, :, None, None]
        return made


@register("mirror")
@dataclass(frozen=True)
class Mirror(Operation):
    """Turns pictures round. Source: ours."""

    defense = "painter"

    def apply(self, pictures, tools):
        turned = {name: image[:, :, ::-1] for name, image in pictures.items()}
        images = np.stack([*turned.values()])
        return Applied(turned, images, {"turned": images}, {"taste": "nobody was asked"})


@register("dots")
@dataclass(frozen=True)
class Dots(Operation):
    """Makes a picture of none. Source: ours."""

    defense = "painter"
    takes_pictures = False

    def apply(self, pictures, tools):
        made = np.zeros((1, *tools.context.shape), np.uint8)
        return Applied({"dot": made[0]}, made[:0], {"dot": made}, {"taste": "nobody was asked"})
