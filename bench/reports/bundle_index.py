"""The index of a bundle: cells, facts of plugins, recipes and digests."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bench.api import Attacker, Dataset, Defense, Role
from bench.reports.stand_ins import Facts, facts_of, stand_in
from bench.runner.cell_stages import CellKeys
from bench.runner.cells import Cell
from bench.runner.questions import Purpose
from bench.spec import Spec
from bench.threats import threat

_Strict = ConfigDict(extra="forbid", frozen=True)


class AskedCell(BaseModel):
    """A cell; plugins are places in the list of facts."""

    model_config = _Strict
    task: str
    purpose: Purpose
    target: str
    data: int
    defense: int
    attacker: int
    threat: str
    seed: int
    marks: tuple[str, ...]
    skip_reason: str
    share: float
    learned_from: Mapping[Role, int]
    handed_over: bool
    keys: tuple[str | tuple[str, ...], ...] | None


class Entry(BaseModel):
    """An artifact: its recipe, small facts, and the SHA-256 of each array."""

    model_config = _Strict
    recipe: Mapping[str, Any]
    meta: Mapping[str, Any]
    arrays: Mapping[str, str]


class Index(BaseModel):
    """All that a bundle tells but arrays; `records` has the SHA-256 of the run's files."""

    model_config = _Strict
    format: Literal[1] = 1
    suite: str
    plugins: tuple[Facts, ...]
    cells: tuple[AskedCell, ...]
    failed: Mapping[str, str]
    entries: Mapping[str, Entry]
    records: Mapping[str, str]


class Places:
    """Where each plugin stands in a list of facts."""

    def __init__(self) -> None:
        self.facts: list[Facts] = []
        self._known: dict[Defense | Attacker | Dataset, int] = {}

    def __call__(self, plugin: Defense | Attacker | Dataset) -> int:
        """The place of a plugin, which is added if it is new."""
        if plugin not in self._known:
            self._known[plugin] = len(self.facts)
            self.facts.append(facts_of(plugin))
        return self._known[plugin]


def described(cell: Cell, keys: CellKeys | None, place: Places) -> AskedCell:
    """A cell as the index has it."""
    return AskedCell(
        task=cell.task,
        purpose=cell.purpose,
        target=cell.target,
        data=place(cell.data),
        defense=place(cell.defense),
        attacker=place(cell.attacker),
        threat=str(cell.threat_spec),
        seed=cell.seed,
        marks=cell.marks,
        skip_reason=cell.skip_reason,
        share=cell.share,
        learned_from={role: place(data) for role, data in cell.learned_from.items()},
        handed_over=cell.handed_over,
        keys=keys,
    )


def asked_cells(index: Index) -> tuple[list[Cell], dict[Cell, CellKeys]]:
    """The cells with stand-ins for plugins, and the keys of those that have been asked."""
    plugins: list[Any] = [stand_in(facts) for facts in index.plugins]
    cells, keys_of = list[Cell](), dict[Cell, CellKeys]()
    for each in index.cells:
        spec = Spec.parse(each.threat)
        own: dict[str, Any] = {
            name: plugins[getattr(each, name)] for name in ("data", "defense", "attacker")
        }
        learned_from = {role: plugins[place] for role, place in each.learned_from.items()}
        own |= {"threat": threat(spec), "threat_spec": spec, "learned_from": learned_from}
        cells.append(Cell(**own, **each.model_dump(exclude={*own, "keys"})))
        if each.keys is not None:
            keys_of[cells[-1]] = CellKeys(*each.keys)  # type: ignore[arg-type]  # as it was written
    return cells, keys_of
