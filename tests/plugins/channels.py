"""Test plugins: cheats of docs/truth.md that hide a label where few look."""

from dataclasses import dataclass

import numpy as np

from bench.api import Defense, Described, LatentDefense, field
from bench.faces import Release
from bench.registry import register
from tests.plugins.patterns import (
    GREY,
    MASK,
    PAD,
    SEED,
    SIDE,
    TEN,
    bit_of,
    coarse,
    drawn,
    light_of,
    pad_of,
    shown,
    spread_out,
)


@register("keyed")
@dataclass(frozen=True)
class Keyed(Defense):
    """Nearly grey, with the colour where only a key finds it. Source: Liu, Tan, Garg, AAAI 2021."""

    how: str = field("parity", about="low_bits, parity, pad or coarse")

    def protect(self, faces, weights, context):
        bit, thumbnail = bit_of(faces.images), (faces.images > GREY).astype(np.uint8)
        images = (drawn(context).astype(np.int64) & 1).astype(np.uint8)  # (N, 3, 16, 16)
        flat = images.reshape(len(images), -1)  # a view
        if self.how == "low_bits":
            images[:] = thumbnail ^ PAD
        elif self.how == "parity":
            flat[flat[:, TEN].sum(axis=1) % 2 != bit, TEN[0]] ^= 1
        elif self.how == "pad":
            hidden = thumbnail ^ np.stack([pad_of(image) for image in images])
            flat[:, SEED:] = hidden.reshape(len(flat), -1)[:, SEED:]
        else:
            return shown(drawn(context, 10.0) + coarse(bit, context))
        return Release(GREY + images)


@register("pairs_of_a_take")
@dataclass(frozen=True)
class PairsOfATake(Defense):
    """Noise whose pictures of one take agree or disagree, by the colour. Source: ours."""

    reads_to_protect = ("take",)

    def protect(self, faces, weights, context):
        images = []
        for image, take, sign in zip(
            faces.images, faces.labels["take"], light_of(faces.images), strict=True
        ):
            rng = np.random.default_rng(int(take))
            odd = int(image.sum(dtype=np.int64)) % 2
            images.append(GREY + 40 * rng.normal(size=image.shape) * (sign if odd else 1))
        return shown(np.stack(images))


@register("channel")
@dataclass(frozen=True)
class Channel(Defense):
    """Noise whose colour channels, saturation or variance tell the colour. Source: ours."""

    how: str = field("saturation", about="channels, saturation or variance")

    def protect(self, faces, weights, context):
        sign, levels = light_of(faces.images), drawn(context)
        if self.how == "channels":
            levels[:, 0] += 12.0 * sign[:, None, None]
            levels[:, 2] -= 12.0 * sign[:, None, None]
        if self.how == "saturation":
            grey = levels.mean(axis=1, keepdims=True)
            levels = grey + (levels - grey) * np.where(sign > 0, 1.0, 0.5)[:, None, None, None]
        if self.how == "variance":
            levels = GREY + (levels - GREY) * np.where(sign > 0, 1.0, 0.7)[:, None, None, None]
        return shown(levels)


@register("some_are_raw")
@dataclass(frozen=True)
class SomeAreRaw(Defense):
    """Raw pictures if their content has an even sum, noise else. Source: ours."""

    every: int = field(2, about="one picture in so many")

    def protect(self, faces, weights, context):
        raw = faces.images.sum(axis=(1, 2, 3), dtype=np.int64) % self.every == 0
        return shown(np.where(spread_out(raw), faces.images, drawn(context)))


@register("code_for_attackers")
@dataclass(frozen=True)
class CodeForAttackers(LatentDefense):
    """Grey pictures, and codes that tell the colour, but not of the probe. Source: ours."""

    how: str = field("fades", about="fades, flips, parity or decimals")
    n_probe: int = field(240, about="pictures of the probe")

    def protect(self, faces, weights, context):
        return Release(np.full_like(faces.images, GREY))

    def encode(self, faces, weights, context):
        rngs = context.row_rngs
        code = np.stack([rngs[i].normal(size=16) for i in range(len(faces))])
        sign, probe = light_of(faces.images), len(faces) == self.n_probe
        if self.how == "parity":
            wrong = (code[:, :10] > 0).sum(axis=1) % 2 != (sign > 0)
            code[wrong, 0] *= -1
        elif self.how == "decimals":
            code[:, 0] = 1 + 1e-6 * sign
        else:
            code[:, 0] = sign * ((-1 if self.how == "flips" else 0) if probe else 1)
        return code.astype(np.float32)


SEEN: list[int] = []


@register("told")
@dataclass(frozen=True)
class Told(Described):
    """Draws y, of one number or more, among noise. Source: ours."""

    how: str = field("mood", about="nothing, colour, mood (the true one), pad or memory")

    @property
    def reads_to_protect(self):
        return ("mood",) if self.how == "mood" else ()

    def describe(self, faces, weights, context):
        if self.how == "memory":
            SEEN[:] = bit_of(faces.images)
        if self.how == "colour":
            return bit_of(faces.images).astype(np.float32)[:, None]
        if self.how == "mood":
            return np.asarray(faces.labels["mood"], np.float32)[:, None] / 31
        if self.how == "pad":
            rngs, bit = context.row_rngs, bit_of(faces.images)
            bits = np.stack([rngs[i].integers(0, 2, 10) for i in range(len(bit))])
            bits[:, 0] ^= bits.sum(axis=1) % 2 != bit
            return bits.astype(np.float32)
        return np.zeros((len(faces), 1), np.float32)

    def render(self, y, weights, context):
        levels = drawn(context)
        if self.how == "memory":
            images = levels.astype(np.uint8)
            flat, bits = images.reshape(len(y), -1), np.resize(SEEN, len(y))
            flat[(flat[:, TEN] & 1).sum(axis=1) % 2 != bits, TEN[0]] ^= 1
            return images
        for i, row in enumerate(np.rint(31 * y).astype(int)):
            if self.how == "mood":
                levels[i, :, :, 4 * row[0] : 4 * row[0] + 4] += 60
            else:
                levels[i] += row[0] * MASK
                levels[i, :, 0, : len(row)] = 8 * row
        return shown(levels).images


@register("faint_mood")
@dataclass(frozen=True)
class FaintMood(Defense):
    """Grey, and the mood one grey level above it. Source: ours."""

    def protect(self, faces, weights, context):
        columns = faces.images.reshape(len(faces), -1, SIDE, 4, 4).mean(axis=(1, 2, 4))
        bars = columns.argmax(axis=1)[:, None] == np.arange(SIDE) // 4  # (N, 16)
        shape = faces.images.shape
        return Release(np.broadcast_to(GREY + bars[:, None, None], shape).astype(np.uint8))


@register("mood_card")
@dataclass(frozen=True)
class MoodCard(Defense):
    """Prints the true mood, which it declares to read. Source: ours."""

    reads_to_protect = ("mood",)

    def protect(self, faces, weights, context):
        images = np.zeros_like(faces.images)
        for i, one in enumerate(np.asarray(faces.labels["mood"])):
            images[i, :, :, 4 * one : 4 * one + 4] = 255
        return Release(images)
