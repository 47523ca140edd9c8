"""The stages of each cell, by what they hold."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from bench.api import Dataset, Defense, Learned, Matcher, Plugin, Role
from bench.registry import spec_of
from bench.runner.cell_stages import CellStages
from bench.runner.cells import CONTROLS, TRACE, Cell
from bench.runner.costs import Costs, Size
from bench.runner.fingerprint import code_of, content_of
from bench.runner.stage import ACTIONS, Stage, Stages
from bench.runner.weights_file import weights_for
from bench.spec import Spec
from bench.threats import RAW, Source

_ANSWERED: tuple[Role, Role] = ("probe", "attacker")  # of the attacker's, the validation part
_ACTION_OF = {"protected": "protect", "codes": "encode", "reencode": "reencode"}


class Planner:
    """Makes the stages of cells, equal ones once, for the store in a folder."""

    def __init__(self, store: Path) -> None:
        self._digests_of_files, self._expected = store / "files.json", cache(Costs(store).expected)
        self._stages: dict[str, Stage] = {}
        self._known: dict[tuple[object, ...], Stage] = {}  # by the arguments that they depend on
        self._cells: list[Cell] = []  # kept, so that nothing else gets the ids of their plugins
        self._specs: dict[tuple[int, tuple[str, ...]], tuple[Plugin, Spec]] = {}
        self._code_of = cache(lambda action, plugin: code_of(ACTIONS[action], plugin))
        self._digest_of = cache(lambda defense: weights_for(defense).digest)
        self._checked = set[int]()  # data sets, by id

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
            again=self._again(cell),
            code_shift=self._code_shift(cell),
        )

    def part(self, data: Dataset, role: Role) -> Stage:
        """The stage that holds a role's pictures."""

        def make() -> Stage:
            if id(data) not in self._checked:
                data.check()
                self._checked.add(id(data))
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
            inputs = self._answered(cell, self._release)
            alike = cell.roles_are_alike
            weights = self._weights(cell.defense, cell.source("defender"), cell.seed)
            if alike and any("weights" not in fit.detail for fit in weights):  # not from a file
                inputs["training"] = (self.part(cell.data, "defender"),)
            detail = {"alike": int(alike), "align": int(cell.data.align), "seed": cell.seed}
            return self._stage("measure", cell.defense, inputs, **detail)

        return self._once(("measure", id(cell.defense), cell.seed, *_sources(cell)), make)

    def _again(self, cell: Cell) -> Stages:
        """The stage that asks a defense again, about codes where these are given out."""
        reads_codes = cell.threat.form == "codes"
        if cell.defense.changes_nothing or cell.handed_over:
            return ()

        def make() -> Stage:
            weights = self._weights(cell.defense, cell.source("defender"), cell.seed)
            inputs = {"weights": weights, **self._answered(cell, self._release)}
            for role in _ANSWERED if reads_codes else ():
                inputs[f"{role}_codes"] = (self._encoded(cell, role),)
            return self._stage("ask_again", cell.defense, inputs, seed=cell.seed, query=0)

        about = (id(cell.defense), cell.seed, reads_codes, *_sources(cell))
        return (self._once(("again", *about), make),)

    def _code_shift(self, cell: Cell) -> Stages:
        """The stage that compares the codes of the roles, where that means anything."""
        if cell.threat.form != "codes" or not cell.roles_are_alike:
            return ()

        def make() -> Stage:
            inputs = self._answered(cell, self._encoded)
            return self._stage("measure_codes", cell.defense, inputs, seed=cell.seed)

        return (self._once(("code shift", id(cell.defense), cell.seed, *_sources(cell)), make),)

    def _answered(self, cell: Cell, shown: Callable[[Cell, Role], Stage]) -> dict[str, Stages]:
        """Raw pictures and what was made of them, of the roles that answers are about."""
        inputs = dict[str, Stages]()
        for role in _ANSWERED[: 1 if cell.handed_over else 2]:
            inputs[f"{role}_faces"] = (self.part(cell.source(role), role),)
            inputs[f"{role}_release"] = (shown(cell, role),)
        return inputs

    def _encoded(self, cell: Cell, role: Role) -> Stage:
        """The stage that holds the codes of a role as the defense gives them out."""
        plain = replace(cell, threat=RAW, purpose="private")
        return self._seen(plain, role, 0, "codes")

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
            about, enrolls = threat.answers_about, threat.enrolls
            if cell.handed_over and role == "attacker":  # validation pictures are there raw only
                about = enrolls = "raw"
            inputs[f"{role}_shown"] = tuple(
                self._seen(cell, role, query, about) for query in range(threat.queries)
            )
            if isinstance(cell.attacker, Matcher):
                inputs[f"{role}_enrolled"] = (self._seen(cell, role, 0, enrolls),)
        detail = {**_asked(cell), "gallery": int(threat.gallery)}
        return self._stage("answer", cell.attacker, inputs, **detail)

    def _attack(self, cell: Cell) -> Stage:
        """The stage that trains a cell's attacker; raw pictures are the same for all defenses."""
        defense = id(cell.defense) if cell.threat.learns_from != "raw" else 0
        who = (id(cell.attacker), defense, cell.seed, cell.share, *_sources(cell))
        what = (cell.purpose in (*CONTROLS, "trace") and cell.purpose, cell.target, cell.threat)
        return self._once(("attack", *who, *what), lambda: self._trained(cell))

    def _trained(self, cell: Cell) -> Stage:
        threat, faces = cell.threat, self._faces(cell, "attacker")
        draws = 1 if threat.learns_from == "raw" else threat.draws
        releases = (self._seen(cell, "attacker", n, threat.learns_from) for n in range(draws))
        inputs: dict[str, Stages] = {"faces": (faces,), "releases": tuple(releases)}
        if threat.gallery:
            inputs["gallery"] = (self._faces(cell, "probe"),)
        if threat.grants:
            inputs["disclosed"] = self._weights(cell.defense, cell.source("defender"), cell.seed)
        learns_anew = threat.learns_from == "protected" and not cell.defense.changes_nothing
        if learns_anew and cell.attacker.uses_start:
            raw = replace(cell, threat=replace(RAW, gallery=threat.gallery))
            raw = replace(raw, purpose="private") if cell.purpose == "trace" else raw
            inputs["start"] = (self._attack(raw),)
        detail = {**_asked(cell), "share": str(cell.share)}
        if cell.attacker.needs_face_points:
            detail["face_points"] = json.dumps(cell.source("attacker").face_points)
        return self._stage("attack", cell.attacker, inputs, **detail)

    def _seen(self, cell: Cell, role: Role, query: int, source: Source) -> Stage:
        """The stage that holds what the attacker sees of a role's pictures."""
        stage = self._given_out(cell, role, query, source)
        if cell.purpose == "trace" and source != "raw":
            stage = self._with_trace(cell, role, stage)
        if not cell.threat.clean:
            return stage
        inputs = {"release": (stage,), "faces": (self._faces(cell, role),)}
        detail = {"seed": cell.seed, "query": query}
        return self._once(
            ("clean", stage.key, cell.seed, query),
            lambda: self._stage("clean", cell.data, inputs, **detail),
        )

    def _with_trace(self, cell: Cell, role: Role, release: Stage) -> Stage:
        """The release with a secret that this kind of attacker must find."""
        inputs = {"release": (release,), "faces": (self._faces(cell, role),)}
        kind = cell.evidence
        if kind == "network":
            return self._stage("plant_trace", cell.data, inputs, share=str(TRACE))
        kind = "low-bits" if kind == "low-bits" else "field"
        detail: dict[str, str | int] = {"target": cell.target, "kind": kind}
        detail |= {"seed": cell.seed, "role": role}
        return self._stage("plant_own", cell.data, inputs, **detail)

    def _given_out(self, cell: Cell, role: Role, query: int, source: Source) -> Stage:
        """The stage that holds what the defense gives out of a role's pictures."""
        defense, faces = cell.defense, self._faces(cell, role)
        if source == "raw" or (source == "protected" and defense.changes_nothing):
            return faces
        if source == "reencode" and defense.changes_nothing:
            source = "codes"

        def make() -> Stage:
            weights = self._weights(defense, cell.source("defender"), cell.seed)
            inputs: dict[str, Stages] = {"faces": (faces,), "weights": weights}
            if source == "reencode":
                inputs["release"] = (self._given_out(cell, role, query, "protected"),)
            detail: dict[str, str | int] = {"role": role, "seed": cell.seed, "query": query}
            if defense.takes == "files":
                detail["files"] = content_of(defense.files(), self._digests_of_files)
            return self._stage(_ACTION_OF[source], defense, inputs, **detail)

        which = (id(defense), faces.key, cell.source("defender"), cell.seed, query, source)
        return self._once(("seen", *which), make)

    def _weights(self, defense: Defense, data: Dataset, seed: int) -> Stages:
        """The stage that fits a defense; empty if it does not learn."""
        if type(defense).fit is Defense.fit:
            return ()
        detail: dict[str, str | int] = {"seed": seed}
        if isinstance(defense, Learned) and defense.weights:
            detail["weights"] = self._digest_of(defense)

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
        spec = self._spec(plugin, ("protect", "path") if action == "fit" else ("path",))
        if isinstance(plugin, Dataset) and not inputs:
            size = Size(plugin.n_pictures, getattr(plugin, "size", 64) ** 2)
        else:
            sizes = (Size(*s.size) for needed in inputs.values() for s in needed)
            size = max(sizes, default=Size())
        code, full_spec = self._code_of(action, type(plugin)), self._spec(plugin, ())
        reads = "weights" in detail  # a file
        seconds = 0.0 if reads else self._expected(action, str(spec), size)
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
