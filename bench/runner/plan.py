"""From cells to stages: planning runs nothing, and equal stages are one."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from bench.api import ROLES, Dataset, Defense, Form, Plugin, Role
from bench.registry import spec_of
from bench.runner.cells import Cell
from bench.runner.fingerprint import code_of, content_of, families_of
from bench.runner.stage import Stage
from bench.runner.threats import RAW
from bench.spec import Spec

_ACTIONS = "bench.runner.actions"
# Code that an action's results depend on, besides the plugin's and the action's own.
_COMMON = ("bench.faces", "bench.runner.artifacts", "bench.runner.luck")
_SHARED = {
    "load": ("bench.data.pictures", "bench.data.protocols"),
    "split": ("bench.data.protocols",),
    "encode": ("bench.nn", f"{_ACTIONS}.protect"),
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

    def plan(self, cells: Iterable[Cell]) -> list[Stage]:
        """The stages that the cells need, inputs before what takes them, each once."""
        ordered: dict[str, Stage] = {}
        for cell in cells:
            if not cell.unasked:
                _add(self.answer(cell), ordered)
        return list(ordered.values())

    def answer(self, cell: Cell) -> Stage:
        """The stage that holds a cell's answers, about the probe and about validation rows."""
        releases = [
            self.release(cell.defense, cell.data, role, cell.seed, cell.threat.form, query)
            for role in ("probe", "attacker")
            for query in range(cell.threat.queries)
        ]
        faces = [self.faces(cell.data, role) for role in ("probe", "attacker")]
        return self._stage(
            "answer",
            cell.attacker,
            spec_of(cell.attacker),
            (self.attack(cell), *faces, *releases),
            target=cell.target,
            told=",".join(sorted(cell.threat.grants)),
            seed=cell.seed,
        )

    def attack(self, cell: Cell) -> Stage:
        """The stage that trains a cell's attacker."""
        threat = cell.threat
        faces = self.faces(cell.data, "attacker")
        releases: list[Stage] = [faces]
        start: tuple[Stage, ...] = ()
        learns_anew = threat.learns_from == "protected" and not cell.defense.changes_nothing
        if learns_anew and cell.attacker.uses_start:
            start = (self.attack(replace(cell, threat=RAW)),)
        if threat.learns_from != "raw":
            releases = [
                self.release(cell.defense, cell.data, "attacker", cell.seed, threat.form, draw)
                for draw in range(threat.draws)
            ]
        return self._stage(
            "attack",
            cell.attacker,
            spec_of(cell.attacker),
            (faces, *releases, *start),
            n_releases=len(releases),
            target=cell.target,
            told=",".join(sorted(threat.grants)),
            seed=cell.seed,
            permuted=int(cell.purpose == "permuted"),
        )

    def release(
        self, defense: Defense, data: Dataset, role: Role, seed: int, form: Form, query: int
    ) -> Stage:
        """The stage that holds what a defense gives out of a role's pictures."""
        faces = self.faces(data, role)
        if form == "pixels" and defense.changes_nothing:
            return faces
        weights = () if type(defense).fit is Defense.fit else (self.weights(defense, data, seed),)
        return self._stage(
            "protect" if form == "pixels" else "encode",
            defense,
            spec_of(defense, without=("place",)),
            (faces, *weights),
            role=role,
            seed=seed,
            query=query,
        )

    def weights(self, defense: Defense, data: Dataset, seed: int) -> Stage:
        """The stage that fits a defense; fields of protection are none of its business."""
        spec = spec_of(defense, without=("protect", "place"))
        return self._stage("fit", defense, spec, (self.faces(data, "defender"),), seed=seed)

    def faces(self, data: Dataset, role: Role) -> Stage:
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
        family = () if action == "split" else families_of(type(plugin))
        shared = (*_COMMON, *_SHARED.get(action, ("bench.nn",)))
        modules = (*family, f"{_ACTIONS}.{action}", *shared)
        if modules not in self._codes:
            self._codes[modules] = code_of(*modules)
        code = self._codes[modules]
        stage = Stage(action, spec, tuple(inputs), detail, code, spec_of(plugin))
        return self._stages.setdefault(stage.key, stage)


def _add(stage: Stage, ordered: dict[str, Stage]) -> None:
    if stage.key not in ordered:
        for needed in stage.inputs:
            _add(needed, ordered)
        ordered[stage.key] = stage
