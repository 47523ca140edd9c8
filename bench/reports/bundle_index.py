"""The index of a bundle: cells, facts of plugins, recipes and digests."""

from collections.abc import Mapping, Sequence
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
_PLUGINS = ("data", "defense", "attacker")


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


def described(
    cells: Sequence[Cell], keys_of: Mapping[Cell, CellKeys]
) -> tuple[tuple[AskedCell, ...], tuple[Facts, ...]]:
    """Cells as the index has them, and the facts of their plugins."""
    place: dict[Defense | Attacker | Dataset, int] = {}
    found = []
    for cell in cells:
        used = {name: getattr(cell, name) for name in _PLUGINS}
        for plugin in (*used.values(), *cell.learned_from.values()):
            place.setdefault(plugin, len(place))
        own: dict[str, Any] = {name: place[plugin] for name, plugin in used.items()}
        own["learned_from"] = {role: place[data] for role, data in cell.learned_from.items()}
        own |= {"threat": str(cell.threat_spec), "keys": keys_of.get(cell)}
        rest = {name: getattr(cell, name) for name in AskedCell.model_fields if name not in own}
        found.append(AskedCell(**own, **rest))
    return tuple(found), tuple(map(facts_of, place))


def asked_cells(index: Index) -> tuple[list[Cell], dict[Cell, CellKeys]]:
    """The cells with stand-ins for plugins, and the keys of those that have been asked."""
    plugins: list[Any] = [stand_in(facts) for facts in index.plugins]
    cells, keys_of = list[Cell](), dict[Cell, CellKeys]()
    for each in index.cells:
        spec = Spec.parse(each.threat)
        own: dict[str, Any] = {name: plugins[getattr(each, name)] for name in _PLUGINS}
        learned_from = {role: plugins[place] for role, place in each.learned_from.items()}
        own |= {"threat": threat(spec), "threat_spec": spec, "learned_from": learned_from}
        cells.append(Cell(**own, **each.model_dump(exclude={*own, "keys"})))
        if each.keys is not None:
            keys_of[cells[-1]] = CellKeys(*each.keys)  # type: ignore[arg-type]  # as it was written
    return cells, keys_of
