"""The contract that every plugin must pass; `bench check` and the tests run it."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from bench.api import Classifier, Defense, Described, LatentDefense, Matcher, Regressor
from bench.context import Context, Original
from bench.dataset import Dataset
from bench.described import rendered, y_of
from bench.faces import Array, Faces, Images, Release, Sample, Target, Weights
from bench.plugin import Plugin
from bench.registry import KINDS, make, plugins
from bench.runner.actions.answer import asker, finite
from bench.runner.actions.encode import codes_of
from bench.runner.actions.protect import checked
from bench.runner.artifacts import of_weights
from bench.runner.rng import RowGenerators, generator
from bench.runner.worker import Worker
from bench.spec import Spec
from bench.threats import Knowledge

TRIAL = Spec.parse("synthetic:people=4,takes=4,pictures=4,size=32")  # faces to try a plugin with
LEAST_FACES, MOST_FACES = 16, 64  # of them
GREY_LEVEL = 1  # networks may round differently in a batch of another size

Rule = tuple[str, Callable[[], str]]  # the rule, and a check that returns the problem or ""


class Check(NamedTuple):
    """A rule, and the problem seen; empty if it held."""

    rule: str
    problem: str


def checks(spec: Spec, data: Spec = TRIAL) -> Iterator[Check]:
    """Runs the contract on every plugin of that name; defenses are tried on faces of `data`.

    Raises:
        ValueError: if there is none, or its fields are refused.
    """
    named = [base for kind, base in KINDS.items() if spec.name in plugins(kind)]
    with TemporaryDirectory() as scratch:
        worker = Worker(scratch=Path(scratch))
        for base in named or [Defense]:  # for an unknown name `make` suggests near ones
            for rule, problem in _rules(make(base, spec), worker, data):
                try:
                    yield Check(rule, problem())
                except (Exception, SystemExit) as error:  # whatever a plugin raises
                    yield Check(rule, f"{type(error).__name__}: {error}")


def _rules(plugin: Plugin, worker: Worker, data: Spec) -> Iterator[Rule]:
    declared = "it is a frozen dataclass whose fields are declared by bench.api.field"
    yield declared, lambda: _declared(plugin)
    yield "its docstring names its Source:", lambda: _source(plugin)
    if isinstance(plugin, Dataset):
        yield "it loads the same labelled pictures twice", lambda: _loads(plugin, worker)
    if isinstance(plugin, Defense):
        trial = _DefenseTrial(plugin, worker, make(Dataset, data))
        yield "equal generators give equal weights", trial.weights
        yield "it releases one whole picture per image id", trial.release
        yield "equal generators give equal releases", trial.repeats
        if plugin.works_on == "picture":
            yield "a picture's release does not depend on the others", trial.alone
        if isinstance(plugin, Described):
            yield "its release is made of y alone", lambda: trial.rendered(plugin)
        if isinstance(plugin, LatentDefense):
            codes = "its codes are float32 and each depends on one picture"
            yield codes, lambda: trial.codes(plugin)
    if isinstance(plugin, Classifier | Regressor | Matcher):
        yield "it answers about every picture, in any order", lambda: _answers(plugin, worker)


def _declared(plugin: Plugin) -> str:
    if not dataclasses.is_dataclass(plugin) or not type(plugin).__dataclass_params__.frozen:
        return "add @dataclass(frozen=True)"
    fields = dataclasses.fields(plugin)
    undescribed = [item.name for item in fields if not item.metadata.get("about")]
    return f"no field(default, about=...) for {undescribed}" if undescribed else ""


def _source(plugin: Plugin) -> str:
    found = re.search(r"Source: \S", type(plugin).__doc__ or "")
    return "" if found else "add 'Source: author, venue, year' ('ours' if it is new)"


def _loads(plugin: Dataset, worker: Worker) -> str:
    first, second = (plugin.load(worker.protecting()) for _ in range(2))
    faces, again = first.faces, second.faces
    if len(np.unique(faces.image_id)) < len(faces):
        return "image ids repeat"
    for target in first.targets:
        label, last = faces.labels[target.name], len(target.classes) - 1
        if target.kind == "categorical" and not -1 <= label.min() <= label.max() <= last:
            return f"label {target.name!r} leaves -1..{last}"
    same = (faces.images == again.images).all() and (faces.image_id == again.image_id).all()
    return "" if same else "pictures or image ids differ"


class _DefenseTrial:
    def __init__(self, defense: Defense, worker: Worker, data: Dataset) -> None:
        self.defense, self.worker = defense, worker
        faces, _, boxes = data.load(worker.protecting())
        if len(faces) < LEAST_FACES:
            raise ValueError(
                f"expected {LEAST_FACES} pictures or more in {data.name}, got {len(faces)}"
            )
        tried = np.unique(np.linspace(0, len(faces) - 1, MOST_FACES).astype(np.int64))
        self.faces = faces.pick(tried)
        self.originals: Sequence[Original] = ()
        if boxes is not None and defense.takes == "files":
            files = data.originals()
            self.originals = [Original(files[i], boxes[i]) for i in tried]

    @cached_property
    def fitted(self) -> Weights:
        return self.fit()

    def fit(self) -> Weights:
        name = f"{type(self.defense).__name__}.reads_to_fit"
        faces = self.faces.declared(self.defense.reads_to_fit, name)
        with TemporaryDirectory(dir=self.worker.scratch) as scratch:  # nothing to resume
            worker = dataclasses.replace(self.worker, scratch=Path(scratch))
            context = worker.training(generator("contract", self.defense.name))
            return of_weights(self.defense.fit(faces, context), self.defense.name).weights

    def shown(self, index: Array) -> tuple[Faces, Context]:
        name = f"{type(self.defense).__name__}.reads_to_protect"
        faces = self.faces.pick(index).declared(self.defense.reads_to_protect, name)
        rngs = RowGenerators(faces.image_id, 0, self.defense.name, 0)
        originals = [self.originals[i] for i in index] if self.originals else ()
        return faces, dataclasses.replace(self.worker.protecting(rngs), originals=originals)

    def released(self, index: Array, weights: Weights) -> Images:
        faces, context = self.shown(index)
        release = self.defense.protect(faces, weights, context)
        return checked(release, faces, self.defense.name)[0]

    def weights(self) -> str:
        first, second = self.fitted, self.fit()
        same = first.keys() == second.keys() and all(
            np.array_equal(first[name], second[name]) for name in first
        )
        return "" if same else "two fits with one seed differ; draw from context.rng only"

    def release(self) -> str:
        self.released(np.arange(len(self.faces)), self.fitted)
        return ""

    def repeats(self) -> str:
        weights, index = self.fitted, np.arange(len(self.faces))
        first, second = (self.released(index, weights) for _ in range(2))
        return "" if (first == second).all() else "draw from context.row_rngs only"

    def alone(self) -> str:
        weights = self.fitted
        together = self.released(np.arange(8), weights).astype(int)
        alone = np.concatenate([self.released(np.array([i]), weights) for i in range(8)])
        gap = int(abs(together - alone).max())
        problem = f"protected alone, a picture differs by up to {gap} grey levels"
        return problem if gap > GREY_LEVEL else ""

    def rendered(self, defense: Described) -> str:
        weights, name = self.fitted, defense.name
        faces, context = self.shown(np.arange(8))
        y = y_of(defense, faces, weights, context)
        others, of_others = self.shown(np.arange(8, 16))
        y_of(defense, others, weights, of_others)  # `render` must not remember these
        again = Release(rendered(defense, y, faces.images.shape[1:], weights, context))
        first = self.released(np.arange(8), weights).astype(int)
        gap = int(abs(checked(again, faces, name)[0] - first).max())
        problem = f"once it has described others, the same y differs by up to {gap} grey levels"
        return problem if gap > GREY_LEVEL else ""

    def codes(self, defense: LatentDefense) -> str:
        weights, codes = self.fitted, []
        for index in (np.arange(4), *(np.array([i]) for i in range(4))):
            faces, context = self.shown(index)
            codes.append(codes_of(defense, faces, weights, context))
        scale = float(np.abs(codes[0]).max()) or 1.0
        gap = float(np.abs(codes[0] - np.concatenate(codes[1:])).max()) / scale
        return "" if gap < 0.02 else f"alone a code is off by {gap:.1%} of the largest entry"


def _answers(plugin: Classifier | Regressor | Matcher, worker: Worker) -> str:
    rng = np.random.default_rng(generator("contract").integers(2**32))
    target = Target("colour", "categorical", ("red", "green", "blue"))
    if isinstance(plugin, Regressor):
        target = Target("colour", "continuous")
    for form in sorted(plugin.forms):
        shape, number = ((64, 3, 32, 32) if form == "pixels" else (64, 12)), np.arange(64) % 3
        inputs: Array = rng.integers(0, 256, shape).astype(np.uint8)
        inputs = inputs if form == "pixels" else inputs.astype(np.float32)
        truth = number.astype(np.float32) if isinstance(plugin, Regressor) else number
        part = Sample(inputs, {"colour": truth, "person": number})
        gallery = part if plugin.uses_gallery else None
        knowledge = Knowledge(part, part, gallery, target, frozenset())
        context = worker.training(generator("contract", plugin.name))
        learned = of_weights(plugin.fit(knowledge, context), plugin.name)
        ask, width = asker(plugin, learned, target, worker)
        answers, turned = (
            finite(ask(Sample(shown)), 20, width, f"{plugin.name} ({form})")
            for shown in (inputs[:20], inputs[:20][::-1].copy())
        )
        if not np.allclose(answers, turned[::-1], atol=0.05):
            return f"{form}: answers depend on the order of the pictures"
    return ""
