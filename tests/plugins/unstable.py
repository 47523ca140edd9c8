"""Test plugins: defenses that answer otherwise when they are asked again, and some that do not."""

from dataclasses import dataclass

import numpy as np

from bench.api import Defense, Described, LatentDefense, field
from bench.faces import Release
from bench.registry import register

CALLS, SEEN = [], []


def grey(faces):
    return Release(np.full_like(faces.images, 128))


@register("behaves_in_crowds")
@dataclass(frozen=True)
class BehavesInCrowds(Defense):
    """Raw pictures unless more than some come at once. Source: ours."""

    few: int = field(16, about="pictures")

    def protect(self, faces, weights, context):
        return grey(faces) if len(faces) > self.few else Release(faces.images)


@register("counts_calls")
@dataclass(frozen=True)
class CountsCalls(Defense):
    """Raw pictures from the fifth call on, counted in a global. Source: ours."""

    def protect(self, faces, weights, context):
        CALLS.append(len(faces))
        return grey(faces) if len(CALLS) < 5 else Release(faces.images)


@register("refuses_one")
@dataclass(frozen=True)
class RefusesOne(Defense):
    """Fails if asked about a picture alone. Source: ours."""

    def protect(self, faces, weights, context):
        if len(faces) == 1:
            raise RuntimeError("too few")
        return grey(faces)


@register("peeks_at_few")
@dataclass(frozen=True)
class PeeksAtFew(Defense):
    """Reads a label that it did not declare, but not of many pictures. Source: ours."""

    def protect(self, faces, weights, context):
        return grey(faces) if len(faces) > 16 else Release(faces.images * faces.labels["secret"])


@register("centred")
@dataclass(frozen=True)
class Centred(Defense):
    """Subtracts the mean of the pictures that come together. Source: ours."""

    def protect(self, faces, weights, context):
        mean = faces.images.mean(axis=0, dtype=np.float64).round(6)  # in any order
        return Release(((faces.images - mean + 255) / 510).clip(0, 1))


@register("centred_set")
@dataclass(frozen=True)
class CentredSet(Centred):
    """The same, which says so. Source: ours."""

    works_on = "set"


@register("next_face")
@dataclass(frozen=True)
class NextFace(Defense):
    """Shows the next picture of the set. Source: ours."""

    works_on = "set"

    def protect(self, faces, weights, context):
        return Release(np.roll(faces.images, 1, axis=0))


@register("fading_code")
@dataclass(frozen=True)
class FadingCode(LatentDefense):
    """Grey pictures, and codes that tell the brightness, but zeros of the probe. Source: ours."""

    n_probe: int = field(24, about="pictures of the probe")

    def protect(self, faces, weights, context):
        return grey(faces)

    def encode(self, faces, weights, context):
        level = faces.images.mean(axis=(1, 2, 3), dtype=np.float32)[:, None]
        return level * np.float32(len(faces) != self.n_probe)


@register("noisy_y")
@dataclass(frozen=True)
class NoisyY(Described):
    """Shows how bright a picture is, plus noise of its own, among noise. Source: ours."""

    def describe(self, faces, weights, context):
        noise = np.array([rng.random() for rng in context.row_rngs])
        return ((faces.images.mean(axis=(1, 2, 3)) / 255 + noise) / 2).astype(np.float32)[:, None]

    def render(self, y, weights, context):
        drawn = np.stack([rng.random(context.shape) for rng in context.row_rngs])
        return (y[:, :, None, None] + drawn) / 2


@register("remembers")
@dataclass(frozen=True)
class Remembers(Described):
    """Describes nothing, and shows the pictures that it saw last. Source: ours."""

    def describe(self, faces, weights, context):
        SEEN[:] = faces.images
        return np.zeros((len(faces), 1), np.float32)

    def render(self, y, weights, context):
        return np.resize(np.stack(SEEN), (len(y), *context.shape))
