"""From cells to stages: planning runs nothing, and equal stages are one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from bench.api import Dataset, Defense, Learned, Matcher, Plugin, Role
from bench.registry import brief, spec_of
from bench.runner.cells import CONTROLS, Cell
from bench.runner.costs import Costs, Size
from bench.runner.fingerprint import code_of, content_of
from bench.runner.stage import ACTIONS, Stage
from bench.runner.step import with_inputs
from bench.runner.weights_file import weights_for
from bench.spec import Spec
from bench.threats import RAW, Source

_ANSWERED: tuple[Role, Role] = ("probe", "attacker")  # of the attacker's, the validation part
_ACTION_OF = {"protected": "protect", "codes": "encode", "reencode": "reencode"}

Stages = tuple[Stage, ...]


class CellStages(NamedTuple):
    """The stages of a cell, by what they hold.

    Attributes:
        answer: the attacker's answers about the probe and the validation part.
        attack: the attacker's weights.
        measure: the release compared with the raw pictures.
        release: the probe's release in the form of the threat.
        pixels: the probe's release as pictures, without controls.
        part: the probe's raw pictures with labels.
        weights: the defense's weights; empty if it does not learn.
        raw_gallery: for a matcher that encodes releases itself, its answers about the codes of the
            raw pictures; else empty.
    """

    answer: Stage
    attack: Stage
    measure: Stage
    release: Stage
    pixels: Stage
    part: Stage
    weights: Stages
    raw_gallery: Stages


class Goal(NamedTuple):
    """The cells with one question about one defense, and the stages that end them."""

    cells: Sequence[Cell]
    stages: Sequence[Stage]

    def __str__(self) -> str:
        cell = self.cells[0]
        seed = f", seed {cell.seed}" if cell.seed else ""
        return (
            f"{brief(Defense, spec_of(cell.defense))}: {cell.target} from {cell.threat.form}{seed}"
        )


class Plan(NamedTuple):
    """All stages that cells need, each once, after its inputs; and the stages by cell.

    Cells with a skip reason have none.
    """

    stages: Sequence[Stage]
    of: Mapping[Cell, CellStages]

    @property
    def goals(self) -> list[Goal]:
        """The questions: a target of a task, of pixels or codes, in their order."""
        asked: dict[tuple[object, ...], list[Cell]] = {}
        for cell in self.of:
            if cell.purpose in ("private", "utility"):
                about = (cell.task, cell.defense, cell.seed, cell.target, cell.threat.form)
                asked.setdefault((*about, cell.purpose), []).append(cell)
        return [Goal(group, [self.of[cell].answer for cell in group]) for group in asked.values()]


def plan(cells: Iterable[Cell], store: Path) -> Plan:
    """The plan of the cells, with the digests of files and the costs that a store knows."""
    planner = Planner(store)
    of = {cell: planner.cell(cell) for cell in cells if not cell.skip_reason}
    stages = (s for each in of.values() for s in (each.answer, each.measure, *each.raw_gallery))
    return Plan(with_inputs(stages), of)


class Planner:
    """Makes the stages of cells, equal ones once, for the store in a folder."""

    def __init__(self, store: Path) -> None:
        self._digests_of_files, self._costs = store / "files.json", Costs(store)
        self._seconds: dict[tuple[str, int, Size], float] = {}
        self._stages: dict[str, Stage] = {}
        self._known: dict[tuple[object, ...], Stage] = {}  # by the arguments that they depend on
        self._cells: list[Cell] = []  # kept, so that nothing else gets the ids of their plugins
        self._specs: dict[tuple[int, tuple[str, ...]], tuple[Plugin, Spec]] = {}
        self._codes: dict[tuple[str, type[Plugin]], str] = {}
        self._digests: dict[Learned, str] = {}

    def cell(self, cell: Cell) -> CellStages:
        """The stages of a cell."""
        self._cells.append(cell)
        threat, defense = cell.threat, cell.defense
        form: Source = "protected" if threat.form == "pixels" else "codes"
        raw_gallery: Stages = ()
        if threat.answers_about == "reencode" and isinstance(cell.attacker, Matcher):
            codes = replace(cell, threat=replace(threat, answers_about="codes"))
            raw_gallery = (self._answer(codes),)
        return CellStages(
            answer=self._answer(cell),
            attack=self._attack(cell),
            measure=self._measure(cell),
            release=self._seen(cell, "probe", 0, form),
            pixels=self._release(cell, "probe"),
            part=self.part(cell.data, "probe"),
            weights=self._weights(defense, cell.source("defender"), cell.seed),
            raw_gallery=raw_gallery,
        )

    def part(self, data: Dataset, role: Role) -> Stage:
        """The stage that holds a role's pictures."""

        def make() -> Stage:
            inputs = {"whole": (self.load(data),)}
            return self._stage("split", data, inputs, role=role, protocol=data.protocol)

        return self._once(("split", id(data), role), make)

    def load(self, data: Dataset) -> Stage:
        """The stage that holds all pictures of a data set; its files are looked at once."""

        def make() -> Stage:
            files = content_of(data.files(), self._digests_of_files)
            return self._stage("load", data, {}, files=files)

        return self._once(("load", spec_of(data)), make)

    def _measure(self, cell: Cell) -> Stage:
        """The stage that compares a release with the raw pictures; all attackers share it."""

        def make() -> Stage:
            inputs: dict[str, Stages] = {}
            for role in _ANSWERED:
                inputs[f"{role}_faces"] = (self.part(cell.source(role), role),)
                inputs[f"{role}_release"] = (self._release(cell, role),)
            alike = cell.data.protocol != "closed-paper" and not cell.learned_from
            weights = self._weights(cell.defense, cell.source("defender"), cell.seed)
            if alike and any("weights" not in fit.detail for fit in weights):  # not from a file
                inputs["training"] = (self.part(cell.data, "defender"),)
            detail = {"alike": int(alike), "align": int(cell.data.align), "seed": cell.seed}
            return self._stage("measure", cell.defense, inputs, **detail)

        return self._once(("measure", id(cell.defense), cell.seed, *_sources(cell)), make)

    def _release(self, cell: Cell, role: Role) -> Stage:
        """The stage that holds the pictures of a role as the defense gives them out."""

        def make() -> Stage:
            plain = replace(cell, threat=RAW, purpose="private")
            return self._seen(plain, role, 0, "protected")

        return self._once(("release", id(cell.defense), cell.seed, role, *_sources(cell)), make)

    def _answer(self, cell: Cell) -> Stage:
        """The stage that holds a cell's answers, about the probe and the validation part."""
        threat, inputs = cell.threat, dict[str, Stages](attack=(self._attack(cell),))
        for role in _ANSWERED:
            inputs[f"{role}_faces"] = (self._faces(cell, role),)
            inputs[f"{role}_shown"] = tuple(
                self._seen(cell, role, query, threat.answers_about)
                for query in range(threat.queries)
            )
            if isinstance(cell.attacker, Matcher):
                inputs[f"{role}_enrolled"] = (self._seen(cell, role, 0, threat.enrolls),)
        detail = {**_asked(cell), "gallery": int(threat.gallery)}
        return self._stage("answer", cell.attacker, inputs, **detail)

    def _attack(self, cell: Cell) -> Stage:
        """The stage that trains a cell's attacker; raw pictures are the same for all defenses."""
        defense = id(cell.defense) if cell.threat.learns_from != "raw" else 0
        who = (id(cell.attacker), defense, cell.seed, cell.share, *_sources(cell))
        what = (cell.purpose in CONTROLS and cell.purpose, cell.target, cell.threat)
        return self._once(("attack", *who, *what), lambda: self._trained(cell))

    def _trained(self, cell: Cell) -> Stage:
        threat, faces = cell.threat, self._faces(cell, "attacker")
        inputs: dict[str, Stages] = {"faces": (faces,), "releases": (faces,)}
        if threat.learns_from != "raw":
            inputs["releases"] = tuple(
                self._seen(cell, "attacker", draw, threat.learns_from)
                for draw in range(threat.draws)
            )
        if threat.gallery:
            inputs["gallery"] = (self._faces(cell, "probe"),)
        if threat.grants:
            inputs["disclosed"] = self._weights(cell.defense, cell.source("defender"), cell.seed)
        learns_anew = threat.learns_from == "protected" and not cell.defense.changes_nothing
        if learns_anew and cell.attacker.uses_start:
            raw = replace(RAW, gallery=threat.gallery)
            inputs["start"] = (self._attack(replace(cell, threat=raw)),)
        detail = {**_asked(cell), "share": str(cell.share)}
        return self._stage("attack", cell.attacker, inputs, **detail)

    def _seen(self, cell: Cell, role: Role, query: int, source: Source) -> Stage:
        """The stage that holds what the attacker sees of a role's pictures."""
        defense, faces = cell.defense, self._faces(cell, role)
        if source == "raw" or (source == "protected" and defense.changes_nothing):
            return faces
        if source == "reencode" and defense.changes_nothing:
            source = "codes"

        def make() -> Stage:
            weights = self._weights(defense, cell.source("defender"), cell.seed)
            inputs: dict[str, Stages] = {"faces": (faces,), "weights": weights}
            if source == "reencode":
                inputs["release"] = (self._seen(cell, role, query, "protected"),)
            detail: dict[str, str | int] = {"role": role, "seed": cell.seed, "query": query}
            return self._stage(_ACTION_OF[source], defense, inputs, **detail)

        which = (id(defense), faces.key, cell.source("defender"), cell.seed, query, source)
        return self._once(("seen", *which), make)

    def _weights(self, defense: Defense, data: Dataset, seed: int) -> Stages:
        """The stage that fits a defense; empty if it does not learn."""
        if type(defense).fit is Defense.fit:
            return ()
        detail: dict[str, str | int] = {"seed": seed}
        if isinstance(defense, Learned) and defense.weights:
            if defense not in self._digests:
                self._digests[defense] = weights_for(defense).digest
            detail["weights"] = self._digests[defense]

        def make() -> Stage:
            return self._stage("fit", defense, {"faces": (self.part(data, "defender"),)}, **detail)

        return (self._once(("fit", id(defense), id(data), seed), make),)

    def _faces(self, cell: Cell, role: Role) -> Stage:
        """The stage that holds the pictures of a role that a cell is about, or a control's."""
        data, part = cell.source(role), self.part(cell.source(role), role)
        if cell.purpose not in CONTROLS:
            return part

        def make() -> Stage:
            inputs, detail = {"faces": (part,)}, dict[str, str | int](role=role, seed=cell.seed)
            if cell.purpose == "canary":
                return self._stage("plant_canary", data, inputs, **detail)
            return self._stage("shuffle_labels", data, inputs, target=cell.target, **detail)

        return self._once((cell.purpose, id(data), role, cell.seed, cell.target), make)

    def _once(self, arguments: tuple[object, ...], make: Callable[[], Stage]) -> Stage:
        if (stage := self._known.get(arguments)) is None:
            stage = self._known[arguments] = make()
        return stage

    def _stage(
        self, action: str, plugin: Plugin, inputs: Mapping[str, Stages], **detail: str | int
    ) -> Stage:
        which = (action, type(plugin))
        if which not in self._codes:
            self._codes[which] = code_of(ACTIONS[action], type(plugin).__module__)
        spec = self._spec(plugin, ("protect", "path") if action == "fit" else ("path",))
        if isinstance(plugin, Dataset) and not inputs:
            size = Size(plugin.n_pictures, getattr(plugin, "size", 64) ** 2)
        else:
            size = max(
                (Size(*s.size) for needed in inputs.values() for s in needed), default=Size()
            )
        if (kind := (action, id(spec), size)) not in self._seconds:
            self._seconds[kind] = self._costs.expected(action, str(spec), size)
        code, full_spec, seconds = self._codes[which], self._spec(plugin, ()), self._seconds[kind]
        stage = Stage(action, spec, inputs, detail, code, full_spec, size, seconds)
        return self._stages.setdefault(stage.key, stage)

    def _spec(self, plugin: Plugin, without: tuple[str, ...]) -> Spec:
        """`spec_of`, computed once; the plugin is kept, so that no other gets its id."""
        which = (id(plugin), without)
        if which not in self._specs:
            self._specs[which] = (plugin, spec_of(plugin, without=without))
        return self._specs[which][1]


def _sources(cell: Cell) -> tuple[int, ...]:
    """The data sets of a cell, which the planner keeps, by their ids."""
    return id(cell.data), *(id(cell.source(role)) for role in ("defender", "attacker"))


def _asked(cell: Cell) -> dict[str, str | int]:
    """The question as details of a stage."""
    side_info = ",".join(sorted(cell.threat.grants))
    return {"target": cell.target, "side_info": side_info, "seed": cell.seed}
