"""From cells to stages: planning runs nothing, and equal stages are one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from bench.api import ROLES, Dataset, Defense, Learned, Matcher, Plugin, Role, Source
from bench.registry import spec_of
from bench.runner.cells import Cell
from bench.runner.fingerprint import code_of, content_of, families_of
from bench.runner.sharing import wanted
from bench.runner.stage import Stage
from bench.runner.threats import RAW
from bench.spec import Spec

_ACTIONS = "bench.runner.actions"
_ASKED: tuple[Role, Role] = ("probe", "attacker")  # of the attacker's, the validation rows
# Code that an action's results depend on, besides the plugin's and the action's own.
_COMMON = ("bench.faces", "bench.runner.artifacts", "bench.runner.luck")
_DEFENSES = ("bench.nn", "bench.data.alignment")  # what ours may use besides the API
_SHARED = {
    "load": ("bench.data.alignment", "bench.data.pictures", "bench.data.protocols"),
    "split": ("bench.data.protocols",),
    "plant": ("bench.metrics.canary",),
    "measure": (
        "bench.data.alignment",
        *(f"bench.metrics.{name}" for name in ("shift", "looks", "crossing", "memory")),
    ),
    "fit": _DEFENSES,
    "protect": _DEFENSES,
    "encode": (*_DEFENSES, f"{_ACTIONS}.protect"),
    "reread": (*_DEFENSES, f"{_ACTIONS}.protect", f"{_ACTIONS}.encode"),
}


class Planner:
    """Unrolls the recipe of each cell into stages.

    Args:
        cache: a folder for the digests of files.
    """

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._stages: dict[str, Stage] = {}
        self._loads: dict[Spec, Stage] = {}
        self._codes: dict[tuple[str, ...], str] = {}
        self._shared: dict[Learned, str] = {}

    def plan(self, cells: Iterable[Cell]) -> list[Stage]:
        """The stages that the cells need, inputs before what takes them, each once."""
        asked = [cell for cell in cells if not cell.unasked]
        return with_inputs(
            stage for c in asked for stage in (self.answer(c), self.measure(c), *self.album(c))
        )

    def measure(self, cell: Cell) -> Stage:
        """The stage that compares the pictures that a cell's defense gives out with the raw ones.

        Of the defense alone: the cells of all its attackers share it.
        """
        shown = replace(cell, threat=RAW, purpose="private")
        inputs = [
            stage
            for role in _ASKED
            for stage in (self.part(cell.source(role), role), self.release(shown, role, 0))
        ]
        spec = spec_of(cell.defense, without=("place",))
        alike = cell.data.protocol != "closed-paper" and not cell.learned_from
        if alike and _trains(cell.defense):
            inputs.append(self.part(cell.data, "defender"))
        return self._stage(
            "measure",
            cell.defense,
            spec,
            inputs,
            alike=int(alike),
            align=int(cell.data.align),
            seed=cell.seed,
        )

    def answer(self, cell: Cell) -> Stage:
        """The stage that holds a cell's answers, about the probe and about validation rows."""
        shown = [
            self._seen(cell, role, query, cell.threat.answers_about)
            for role in _ASKED
            for query in range(cell.threat.queries)
        ]
        enrolled = []
        if isinstance(cell.attacker, Matcher):
            enrolled = [self._seen(cell, role, 0, cell.threat.enrolls) for role in _ASKED]
        faces = [self.faces(cell, role) for role in _ASKED]
        return self._stage(
            "answer",
            cell.attacker,
            spec_of(cell.attacker),
            (self.attack(cell), *faces, *shown, *enrolled),
            n_queries=cell.threat.queries,
            gallery=int(cell.threat.gallery),
            target=cell.target,
            told=",".join(sorted(cell.threat.grants)),
            seed=cell.seed,
        )

    def album(self, cell: Cell) -> tuple[Stage, ...]:
        """The stage with what a matcher that rereads releases says of the raw pictures' codes."""
        if cell.threat.answers_about != "reread" or not isinstance(cell.attacker, Matcher):
            return ()
        return (self.answer(replace(cell, threat=replace(cell.threat, answers_about="codes"))),)

    def attack(self, cell: Cell) -> Stage:
        """The stage that trains a cell's attacker."""
        threat = cell.threat
        faces = self.faces(cell, "attacker")
        gallery = (self.faces(cell, "probe"),) if threat.gallery else ()
        releases: list[Stage] = [faces]
        start: tuple[Stage, ...] = ()
        learns_anew = threat.learns_from == "protected" and not cell.defense.changes_nothing
        if learns_anew and cell.attacker.uses_start:
            start = (self.attack(replace(cell, threat=replace(RAW, gallery=threat.gallery))),)
        disclosed = self._fitted(cell) if threat.grants else ()
        if threat.learns_from != "raw":
            draws = range(threat.draws)
            releases = [self._seen(cell, "attacker", draw, threat.learns_from) for draw in draws]
        return self._stage(
            "attack",
            cell.attacker,
            spec_of(cell.attacker),
            (faces, *releases, *gallery, *disclosed, *start),
            n_releases=len(releases),
            gallery=len(gallery),
            disclosed=len(disclosed),
            target=cell.target,
            told=",".join(sorted(threat.grants)),
            seed=cell.seed,
            share=str(cell.share),
        )

    def release(self, cell: Cell, role: Role, query: int) -> Stage:
        """The stage that holds what a cell's defense gives out of a role's pictures."""
        pixels = cell.threat.form == "pixels"
        return self._seen(cell, role, query, "protected" if pixels else "codes")

    def _seen(self, cell: Cell, role: Role, query: int, source: Source) -> Stage:
        """The stage that holds what somebody sees of a role's pictures."""
        defense, faces = cell.defense, self.faces(cell, role)
        if source == "raw" or (source == "protected" and defense.changes_nothing):
            return faces
        if source == "reread" and defense.changes_nothing:
            source = "codes"
        inputs = (faces, *self._fitted(cell))
        if source == "reread":
            inputs = (self._seen(cell, role, query, "protected"), *inputs)
        action = {"protected": "protect", "codes": "encode", "reread": "reread"}[source]
        spec = spec_of(defense, without=("place",))
        return self._stage(action, defense, spec, inputs, role=role, seed=cell.seed, query=query)

    def _fitted(self, cell: Cell) -> tuple[Stage, ...]:
        """The stage that holds what a cell's defense learned, if it learns."""
        if type(cell.defense).fit is Defense.fit:
            return ()
        return (self.weights(cell.defense, cell.source("defender"), cell.seed),)

    def weights(self, defense: Defense, data: Dataset, seed: int) -> Stage:
        """The stage that fits a defense; fields of protection are none of its business."""
        spec = spec_of(defense, without=("protect", "place"))
        inputs = (self.part(data, "defender"),)
        if not (isinstance(defense, Learned) and defense.weights):
            return self._stage("fit", defense, spec, inputs, seed=seed)
        if defense not in self._shared:
            self._shared[defense] = wanted(defense).digest
        digest = self._shared[defense]
        return self._stage("fit", defense, spec, inputs, seed=seed, weights=digest)

    def faces(self, cell: Cell, role: Role) -> Stage:
        """The stage that holds the pictures of a role that a cell is about."""
        data, detail = cell.source(role), dict[str, str | int](role=role, seed=cell.seed)
        part = self.part(data, role)
        if cell.purpose == "canary":
            return self._stage("plant", data, part.spec, (part,), **detail)
        if cell.purpose == "permuted":
            detail["target"] = cell.target
            return self._stage("shuffle", data, part.spec, (part,), **detail)
        return part

    def part(self, data: Dataset, role: Role) -> Stage:
        """The stage that holds a role's pictures."""
        if role not in ROLES:
            raise ValueError(f"a role is one of {ROLES}, got {role!r}")
        spec = spec_of(data, without=("place",))
        # Files are looked at once per planner: 55,000 of them per cell would be slow.
        if (whole := self._loads.get(spec_of(data))) is None:
            files = content_of(data.files(), self._cache / "files.json")
            whole = self._stage("load", data, spec, (), files=files)
            self._loads[spec_of(data)] = whole
        return self._stage("split", data, spec, (whole,), role=role, protocol=data.protocol)

    def _stage(
        self, action: str, plugin: Plugin, spec: Spec, inputs: Sequence[Stage], **detail: str | int
    ) -> Stage:
        modules = modules_of(action, type(plugin))
        if modules not in self._codes:
            self._codes[modules] = code_of(*modules)
        code = self._codes[modules]
        stage = Stage(action, spec, tuple(inputs), detail, code, spec_of(plugin))
        return self._stages.setdefault(stage.key, stage)


def with_inputs(stages: Iterable[Stage]) -> list[Stage]:
    """The stages and all that they need, inputs before what takes them, each once."""
    ordered: dict[str, Stage] = {}
    for stage in stages:
        _add(stage, ordered)
    return list(ordered.values())


def modules_of(action: str, plugin: type[Plugin]) -> tuple[str, ...]:
    """The modules and packages whose code decides what an action makes with a plugin."""
    family = () if action in ("split", "plant", "shuffle") else families_of(plugin)
    shared = (*_COMMON, *_SHARED.get(action, ("bench.nn",)))
    return (*family, f"{_ACTIONS}.{action}", *shared)


def _trains(defense: Defense) -> bool:
    """Whether a defense learns from the defender's pictures, and not from a file."""
    shared = isinstance(defense, Learned) and bool(defense.weights)
    return type(defense).fit is not Defense.fit and not shared


def _add(stage: Stage, ordered: dict[str, Stage]) -> None:
    if stage.key not in ordered:
        for needed in stage.inputs:
            _add(needed, ordered)
        ordered[stage.key] = stage
