"""Test plugins: a small data set, and defenses and attackers that misbehave."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.api import (
    Classifier,
    Collection,
    Context,
    Dataset,
    Defense,
    Knowledge,
    LatentDefense,
    Learned,
    field,
)
from bench.data.protocols import new_image_ids
from bench.faces import Faces, Release, Target
from bench.registry import register


@register("toy")
@dataclass(frozen=True)
class Toy(Dataset):
    """Each person is a pattern, each colour a brightness. Source: ours."""

    people: int = field(6, about="people")
    takes: int = field(8, about="takes of each")
    pictures: int = field(4, about="pictures of each take")
    seed: int = field(0, about="seed")
    protocol: str = field("closed", about="protocol")
    shareable = True

    @property
    def targets(self):
        names = tuple(f"Name{i} Surname{i}" for i in range(self.people))
        return (
            Target("identity", "categorical", names),
            Target("colour", "categorical", ("dark", "light")),
            Target("secret", "categorical", ("a", "b")),
        )

    def load(self, context: Context) -> Collection:
        rng = np.random.default_rng(self.seed)
        n = self.people * self.takes * self.pictures
        identity = np.arange(n) // (self.takes * self.pictures)
        colour = rng.permutation(np.arange(n) % 2)
        patterns = rng.integers(40, 160, (self.people, 3, 16, 16))
        noise = rng.integers(0, 40, (n, 3, 16, 16))
        images = (patterns[identity] + noise + 50 * colour[:, None, None, None]).astype(np.uint8)
        labels = {
            "identity": identity,
            "colour": colour,
            "secret": rng.integers(0, 2, n),
            "take": np.arange(n) // self.pictures,
        }
        return Collection(Faces(images, labels, new_image_ids(n, "toy", self.seed)), self.targets)


@register("memory")
@dataclass(frozen=True)
class Memory(Classifier):
    """Answers with the label of the nearest training input. Source: ours."""

    forms = frozenset({"pixels", "codes"})
    uses_side_info = True  # it reads none; the tests look at what it gets

    def fit(self, knowledge: Knowledge, context: Context):
        inputs = knowledge.train.inputs.reshape(len(knowledge.train), -1).astype(np.float32)
        n_classes = np.array([len(knowledge.target.classes)])
        truth = np.asarray(knowledge.train.labels[knowledge.target.name], np.int64)
        return {"inputs": inputs, "truth": truth, "n": n_classes}

    def predict(self, sample, weights, context):
        inputs = sample.inputs.reshape(len(sample), -1).astype(np.float32)
        gaps = ((inputs[:, None] - weights["inputs"][None]) ** 2).sum(axis=2)
        return np.eye(int(weights["n"][0]), dtype=np.float32)[weights["truth"][gaps.argmin(axis=1)]]


@register("random_code")
@dataclass(frozen=True)
class RandomCode(LatentDefense):
    """Gives out random pictures and codes. Source: ours."""

    discloses = frozenset({"drawn"})

    def protect(self, faces, weights, context):
        drawn = [rng.integers(0, 256, faces.images.shape[1:]) for rng in context.row_rngs]
        images = np.stack(drawn).astype(np.uint8)
        return Release(images, {"drawn": images[:, 0, 0, :2].copy()})

    def encode(self, faces, weights, context):
        drawn = [rng.standard_normal(8) for rng in context.row_rngs]
        return np.stack(drawn).astype(np.float32)


@register("broken_defense")
@dataclass(frozen=True)
class BrokenDefense(Defense):
    """Fails in a way of choice. Source: ours."""

    how: str = field("raises", about="raises, nan, shape, dtype, rows, range, label, shared")

    def protect(self, faces, weights, context):
        images = faces.images.astype(np.float32) / 255
        match self.how:
            case "raises":
                raise RuntimeError("the plugin fell over")
            case "nan":
                images[0, 0, 0, 0] = np.nan
            case "shape":
                images = images[:, :, :-1]
            case "dtype":
                images = faces.images.astype(np.int32)
            case "rows":
                images = images[:-1]
            case "range":
                images = images * 255
            case "label":
                faces.labels["secret"]
            case "shared":
                images = images * 0 + context.rng.random()
        return Release(images)


@register("reads_secret")
@dataclass(frozen=True)
class ReadsSecret(Defense):
    """Prints the true secret. Source: ours."""

    @property
    def reads_to_protect(self):
        return ("secret",)

    def protect(self, faces, weights, context):
        shown = np.asarray(faces.labels["secret"])[:, None, None, None] * np.uint8(255)
        return Release(np.broadcast_to(shown, faces.images.shape).astype(np.uint8))


@register("broken_attacker")
@dataclass(frozen=True)
class BrokenAttacker(Memory):
    """Fails in a way of choice. Source: ours."""

    how: str = field("raises", about="raises, nan, classes, rows, integers, weights")

    def fit(self, knowledge, context):
        if self.how == "weights":
            return {"double": np.zeros(3)}
        return super().fit(knowledge, context)

    def predict(self, sample, weights, context):
        scores = super().predict(sample, weights, context)
        match self.how:
            case "raises":
                raise RuntimeError("the plugin fell over")
            case "nan":
                return scores * np.float32("nan")
            case "classes":
                return scores[:, :-1]
            case "rows":
                return scores[:-1]
        return scores.astype(np.int64)


@register("rummager")
@dataclass(frozen=True)
class Rummager(Memory):
    """Searches all that it gets, and raises if it finds what it must not have. Source: ours."""

    def fit(self, knowledge, context):
        rummage(knowledge, knowledge.target.name)
        rummage(context, knowledge.target.name)
        return super().fit(knowledge, context)

    def predict(self, sample, weights, context):
        if sample.labels or sample.notes:
            raise AssertionError(f"labels on the probe: {[*sample.labels, *sample.notes]}")
        rummage(sample, "")
        rummage(context, "")
        return super().predict(sample, weights, context)


def rummage(thing, target, path="it", seen=None):
    """Raises AssertionError if an image id, a name, another label or a defense can be reached."""
    seen = set() if seen is None else seen
    if id(thing) in seen or path.count(".") > 8:
        return
    seen.add(id(thing))
    if isinstance(thing, Defense | Dataset | Faces):
        raise AssertionError(f"{path} is a {type(thing).__name__}")
    if isinstance(thing, str) and "Surname" in thing:
        raise AssertionError(f"{path} is a person's name")
    if isinstance(thing, np.ndarray):
        if thing.dtype == np.int64 and thing.size and thing.max() > 10_000:
            raise AssertionError(f"{path} holds image ids")
        rummage(thing.base, target, f"{path}.base", seen)
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            if key in {"identity", "colour", "secret", "take", "rows", "image_id"} - {target}:
                raise AssertionError(f"{path} holds the label {key}")
            rummage(value, target, f"{path}.{key}", seen)
    elif isinstance(thing, list | tuple | set | frozenset):
        for i, value in enumerate(thing):
            rummage(value, target, f"{path}.{i}", seen)
    for name, value in getattr(thing, "__dict__", {}).items():
        rummage(value, target, f"{path}.{name}", seen)
    for name, cell in zip(
        getattr(getattr(thing, "__code__", None), "co_freevars", ()),
        getattr(thing, "__closure__", None) or (),
        strict=True,
    ):
        rummage(cell.cell_contents, target, f"{path}.{name}", seen)


@register("fitted")
@dataclass(frozen=True)
class Fitted(Learned):
    """Learns the mean picture, and shows it. Source: ours."""

    k: int = field(2, about="enters fit", at="fit")
    shown: int = field(1, about="enters protection", at="protect")

    def fit(self, faces, context):
        return {"mean": faces.images.mean(axis=0).astype(np.float32) / np.float32(255)}

    def protect(self, faces, weights, context):
        return Release(np.broadcast_to(weights["mean"], faces.images.shape))


@register("dies")
@dataclass(frozen=True)
class Dies(Defense):
    """Kills its process. Source: ours."""

    def protect(self, faces, weights, context):
        os._exit(9)


@register("careless")
@dataclass(frozen=True)
class Careless(Learned):
    """Breaks a rule of choice, and names no source."""

    how: str = ""

    def fit(self, faces, context):
        rng = np.random.default_rng() if self.how == "global" else context.rng
        return {"drawn": rng.random(3, dtype=np.float32)}

    def protect(self, faces, weights, context):
        images = faces.images
        if self.how == "neighbours":
            images = images // 2 + images.mean(axis=0).astype(np.uint8) // 2
        if self.how == "global":
            images = np.random.default_rng().integers(0, 256, images.shape).astype(np.uint8)
        if self.how == "writes":
            images[:] = 0
        return Release(images)


@register("counter")
@dataclass(frozen=True)
class Counter(Memory):
    """Answers by position alone: right if the probe is in the order of people. Source: ours."""

    def predict(self, sample, weights, context):
        place = np.arange(len(sample)) * int(weights["n"][0]) // len(sample)
        return np.eye(int(weights["n"][0]), dtype=np.float32)[place]
