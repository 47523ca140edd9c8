"""A test plugin: a defense that shows one person as another."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.api import LatentDefense, Learned, field
from bench.faces import Release
from bench.registry import register


@register("swap")
@dataclass(frozen=True)
class Swap(Learned, LatentDefense):
    """Shows a picture of another person, unchanged. Source: ours."""

    discloses = frozenset({"as_whom"})
    imposes: ClassVar = {"identity": "as_whom"}  # 0.1's name of `replaces`
    reads_to_fit = reads_to_protect = ("identity",)
    n: int = field(6, about="people")

    def fit(self, faces, context):
        first = [np.flatnonzero(faces.labels["identity"] == i)[0] for i in range(self.n)]
        shown = faces.images[first]
        return {"shown": shown, "samples": shown[None]}

    def protect(self, faces, weights, context):
        whom = np.array([rng.integers(self.n) for rng in context.row_rngs])
        return Release(weights["shown"][whom], {"as_whom": whom})

    def encode(self, faces, weights, context):
        return faces.images[:, :, ::4, ::4].reshape(len(faces), -1).astype(np.float32)
