"""Test plugins that cheat in ways that the bench must detect, or that reveal what they know."""

from dataclasses import dataclass

import numpy as np

from bench.api import Classifier, Collection, Context, Dataset, Defense, Learned, Matcher, field
from bench.data.protocols import new_rows, parts
from bench.faces import Faces, Release, Target
from bench.registry import register


@register("crowd")
@dataclass(frozen=True)
class Crowd(Dataset):
    """Forty people with a pattern each, in one of two colours; the colour is in the brightness.

    Source: ours.
    """

    # Written as for 0.1, which must keep working: `asks`, `new_rows`, `faces.rows`.

    people: int = field(40, about="people")
    takes: int = field(4, about="takes of each")
    swapped: bool = field(False, about="the probe's colours are wrong")
    seed: int = field(0, about="seed")
    protocol: str = field("open", about="protocol")
    shareable = True

    @property
    def asks(self):
        names = tuple(f"Name{i} Surname{i}" for i in range(self.people))
        return (
            Target("identity", "categorical", names),
            Target("colour", "categorical", ("dark", "light")),
            Target("brightness", "continuous"),
        )

    def load(self, context: Context) -> Collection:
        rng = np.random.default_rng(self.seed)
        person = np.repeat(np.arange(self.people), self.takes * 3)
        colour = person % 2
        pattern = rng.normal(0, 12, (self.people, 3, 4, 4)).repeat(4, axis=2).repeat(4, axis=3)
        light = 25.0 * (2 * colour - 1) + rng.normal(0, 8, len(person))
        noise = rng.normal(0, 10, (len(person), 3, 16, 16))
        images = 128 + pattern[person] + light[:, None, None, None] + noise
        labels = {
            "identity": person,
            "colour": colour,
            "brightness": light.astype(np.float32),
            "take": np.arange(len(person)) // 3,
        }
        rows = new_rows(len(person), "crowd", self.seed)
        faces = Faces(images.clip(0, 255).astype(np.uint8), labels, rows)
        if self.swapped:
            probe = parts(faces, self.protocol, "crowd", self.seed).roles["probe"]
            labels = {**labels, "colour": np.where(probe, 1 - colour, colour)}
            faces = Faces(faces.images, labels, faces.rows)
        return Collection(faces, self.asks)


@register("shifty")
@dataclass(frozen=True)
class Shifty(Defense):
    """Darkens the probe only, which it knows by the number of pictures. Source: ours."""

    n_probe: int = field(120, about="pictures of the probe")

    def protect(self, faces, weights, context):
        return Release(faces.images // (8 if len(faces) == self.n_probe else 1))


@register("low_bit")
@dataclass(frozen=True)
class LowBit(Defense):
    """Gives out noise with the true colour in the lowest bit.

    Source: Liu, Tan, Garg, AAAI 2021 (the idea).
    """

    @property
    def reads_to_protect(self):
        return ("colour",)

    def protect(self, faces, weights, context):
        drawn = [rng.integers(0, 256, faces.images.shape[1:]) for rng in context.row_rngs]
        colour = np.asarray(faces.labels["colour"], np.uint8)[:, None, None, None]
        return Release(np.stack(drawn).astype(np.uint8) // 2 * 2 + colour)


@register("asleep")
@dataclass(frozen=True)
class Asleep(Classifier):
    """Scores at random. Source: ours."""

    def fit(self, knowledge, context):
        return {"n": np.array([len(knowledge.target.classes)])}

    def predict(self, sample, weights, context):
        level = sample.inputs.reshape(len(sample), -1).astype(np.int64)
        drawn = [np.random.default_rng(row.sum()).random(int(weights["n"][0])) for row in level]
        return np.stack(drawn).astype(np.float32)


@register("eyes")
@dataclass(frozen=True)
class Eyes(Matcher):
    """Compares standardised pictures as they are. Source: ours."""

    def fit(self, knowledge, context):
        inputs = knowledge.train.inputs.reshape(len(knowledge.train), -1).astype(np.float32)
        return {"mean": inputs.mean(axis=0), "scale": inputs.std(axis=0) + 1}

    def embed(self, sample, weights, context):
        inputs = sample.inputs.reshape(len(sample), -1)
        return ((inputs - weights["mean"]) / weights["scale"]).astype(np.float32)


@register("framed")
@dataclass(frozen=True)
class Framed(Defense):
    """Whitens the first two rows of each picture. Source: ours."""

    def protect(self, faces, weights, context):
        images = faces.images.copy()
        images[:, :, :2] = 255
        return Release(images)


@register("moody")
@dataclass(frozen=True)
class Moody(Asleep):
    """Separates bright from dark, unless it learned from framed or few pictures. Source: ours."""

    fewest: int = field(0, about="pictures that it needs to learn from")

    def fit(self, knowledge, context):
        framed = knowledge.train.inputs[:, :, 0].mean() > 225
        asleep = bool(framed) or len(knowledge.train) < self.fewest
        return super().fit(knowledge, context) | {"asleep": np.array([int(asleep)])}

    def predict(self, sample, weights, context):
        if weights["asleep"][0]:
            return super().predict(sample, weights, context)
        level = sample.inputs[:, :, 2:].reshape(len(sample), -1).mean(axis=1)
        return np.stack([-level, level], axis=1).astype(np.float32)


@register("narrow")
@dataclass(frozen=True)
class Narrow(Framed):
    """Promises to hide identity, and nothing else. Source: ours."""

    hides = frozenset({"identity"})


@register("shy")
@dataclass(frozen=True)
class Shy(Moody):
    """Fails on the canary, which measures its strength. Source: ours."""

    def fit(self, knowledge, context):
        if knowledge.target.name == "canary":
            raise RuntimeError("no canaries, please")
        return super().fit(knowledge, context)


@register("learned_colour")
@dataclass(frozen=True)
class LearnedColour(Learned):
    """Learns the mean picture, and leaves pictures as they are. Source: ours."""

    discloses = frozenset({"mean", "nothing"})

    def fit(self, faces, context):
        return {"mean": faces.images.mean(axis=0).astype(np.float32), "secret": np.zeros(1, int)}

    def protect(self, faces, weights, context):
        return Release(faces.images)


@register("listener")
@dataclass(frozen=True)
class Listener(Classifier):
    """Stores the disclosed arrays, and scores all classes alike. Source: ours."""

    uses_told = True  # names of 0.1: `uses_told` and `knowledge.told`

    def fit(self, knowledge, context):
        kept = {name: w for name, w in knowledge.disclosed.items() if name in knowledge.told}
        return {**kept, "n": np.array([len(knowledge.target.classes)])}

    def predict(self, sample, weights, context):
        return np.zeros((len(sample), int(weights["n"][0])), np.float32)
