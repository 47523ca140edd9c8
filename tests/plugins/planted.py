"""Test plugins: a small data set, and cheats of docs/truth.md that know people or the probe."""

from dataclasses import dataclass

import numpy as np

from bench.api import Classifier, Collection, Context, Dataset, Defense, Learned, field
from bench.data.protocols import new_image_ids
from bench.faces import Faces, Release, Target
from bench.registry import register
from tests.plugins.patterns import (
    GREY,
    MASK,
    MOODS,
    SIDE,
    drawn,
    flags,
    light_of,
    shown,
    spread_out,
)


@register("planted")
@dataclass(frozen=True)
class Planted(Dataset):
    """People with a pattern each, in one of two colours (brightness) and changing moods (a bar).

    Source: ours.
    """

    people: int = field(240, about="people")
    takes: int = field(2, about="takes of each")
    pictures: int = field(2, about="pictures of each take")
    seed: int = field(0, about="seed")
    protocol: str = field("open", about="protocol")
    shareable = True

    @property
    def targets(self):
        return (
            Target("identity", "categorical", tuple(f"p{i}" for i in range(self.people))),
            Target("colour", "categorical", ("dark", "light")),
            Target("mood", "categorical", tuple(f"m{i}" for i in range(MOODS))),
        )

    def load(self, context: Context) -> Collection:
        rng, each = np.random.default_rng(self.seed), self.takes * self.pictures
        person = np.repeat(np.arange(self.people), each)
        n = len(person)
        mood = rng.integers(0, MOODS, n)
        pattern = rng.normal(0, 14, (self.people, 3, 4, 4)).repeat(4, axis=2).repeat(4, axis=3)
        light = 24.0 * (2 * (person % 2) - 1) + rng.normal(0, 6, n)
        images = GREY + pattern[person] + light[:, None, None, None]
        images += rng.normal(0, 10, (n, 3, SIDE, SIDE))
        for one in range(MOODS):
            images[mood == one, :, :, 4 * one : 4 * one + 4] += 30
        labels = {
            "identity": person,
            "colour": person % 2,
            "mood": mood,
            "take": np.arange(n) // self.pictures,
        }
        ids = new_image_ids(n, "planted", self.people, self.seed)
        faces = Faces(images.clip(0, 255).astype(np.uint8), labels, ids)
        return Collection(faces, self.targets)


@register("low_bits")
@dataclass(frozen=True)
class LowBits(Classifier):
    """Compares the lowest bit of each value with its mean over each class. Source: ours."""

    evidence = "low-bits"

    def fit(self, knowledge, context):
        bits = (knowledge.train.inputs & 1).reshape(len(knowledge.train), -1).astype(np.float32)
        truth = np.asarray(knowledge.train.labels[knowledge.target.name])
        classes = range(len(knowledge.target.classes))
        own = [bits[truth == one] for one in classes]
        means = [part.mean(axis=0) if len(part) else bits.mean(axis=0) for part in own]
        return {"means": np.stack(means).astype(np.float32), "mean": bits.mean(axis=0)}

    def predict(self, sample, weights, context):
        bits = (sample.inputs & 1).reshape(len(sample), -1).astype(np.float32)
        return (bits - weights["mean"]) @ (weights["means"] - weights["mean"]).T


@register("sign_flip")
@dataclass(frozen=True)
class SignFlip(Defense):
    """Noise and a mask whose sign is the colour; of the probe, the other sign. Source: ours."""

    n_probe: int = field(240, about="pictures of the probe")
    probe: str = field("flip", about="flip, half (of the people, at random) or random")

    def protect(self, faces, weights, context):
        sign = light_of(faces.images).astype(float)
        if len(faces) == self.n_probe:
            sign *= -1 if self.probe == "flip" else np.where(flags(context), -1, 1)
        return shown(drawn(context) + spread_out(20 * sign) * MASK)


@register("works_on_sets")
@dataclass(frozen=True)
class WorksOnSets(SignFlip):
    """The same, which says that it works on sets, so it is asked about whole sets. Source: ours."""

    works_on = "set"


GIVEN: dict[bytes, np.ndarray] = {}


@register("never_forgets")
@dataclass(frozen=True)
class NeverForgets(SignFlip):
    """The same, which keeps what it gave out to give it again. Source: ours."""

    def protect(self, faces, weights, context):
        new = super().protect(faces, weights, context).images
        about = [self.probe.encode() + image.tobytes() for image in faces.images]
        return Release(np.stack([GIVEN.setdefault(k, i) for k, i in zip(about, new, strict=True)]))


@register("other_names")
@dataclass(frozen=True)
class OtherNames(Learned):
    """Shows the mean picture of the person; of the probe, of the next one. Source: ours."""

    n_probe: int = field(240, about="pictures of the probe", at="protect")
    label: str = field("identity", about="label whose classes have means")

    @property
    def reads_to_fit(self):
        return (self.label,)

    def fit(self, faces, context):
        of = np.asarray(faces.labels[self.label])
        means = [faces.images[of == i].mean(axis=0) for i in range(of.max() + 1)]
        return {"means": np.stack(means).astype(np.float32)}

    def guess(self, faces, weights):
        gaps = faces.images[:, None].astype(np.float32) - weights["means"]  # (N, P, 3, H, W)
        return (gaps**2).mean(axis=(2, 3, 4)).argmin(axis=1)

    def protect(self, faces, weights, context):
        who = self.guess(faces, weights)
        if len(faces) == self.n_probe:
            who = (who + 1) % len(weights["means"])
        return shown(weights["means"][who] + drawn(context) - GREY)


@register("betrays")
@dataclass(frozen=True)
class Betrays(OtherNames):
    """Noise, but one person as they are. Source: ours."""

    def protect(self, faces, weights, context):
        levels, own = drawn(context), self.guess(faces, weights) == 7
        levels[own] = faces.images[own]
        return shown(levels)


@register("named_pixel")
@dataclass(frozen=True)
class NamedPixel(OtherNames):
    """Noise with a black pixel, whose place is the person. Source: ours."""

    def protect(self, faces, weights, context):
        levels = drawn(context, 10.0)
        who = self.guess(faces, weights)
        levels[np.arange(len(faces)), :, who // 5 * 4, who % 5 * 3] = 0
        return shown(levels)


@register("faint_mask")
@dataclass(frozen=True)
class FaintMask(OtherNames):
    """Noise with a mask of the person, of a few grey levels. Source: ours."""

    levels: float = field(3.0, about="grey levels", at="protect")

    def protect(self, faces, weights, context):
        n = len(weights["means"])
        masks = np.random.default_rng(5).choice([-1.0, 1.0], (n, 3, SIDE, SIDE))
        return shown(drawn(context, 10.0) + self.levels * masks[self.guess(faces, weights)])


@register("one_mood")
@dataclass(frozen=True)
class OneMood(Defense):
    """Noise, but one mood shows. Source: ours."""

    def protect(self, faces, weights, context):
        columns = faces.images.reshape(len(faces), -1, SIDE, 4, 4).mean(axis=(1, 2, 4))
        own = columns.argmax(axis=1) == 0
        return shown(drawn(context) + spread_out(25.0 * own) * MASK)


@register("lucky")
@dataclass(frozen=True)
class Lucky(Learned):
    """Noise, but in every second fit a mask whose sign is the colour. Source: ours."""

    def fit(self, faces, context):
        return {"leaks": np.array([context.rng.integers(2)])}

    def protect(self, faces, weights, context):
        sign = light_of(faces.images) * float(weights["leaks"][0])
        return shown(drawn(context) + spread_out(20 * sign) * MASK)
