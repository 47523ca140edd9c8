"""The single questions of a grid: one defense before one attacker about one target."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bench.api import Attacker, Classifier, Dataset, Defense, Form, LatentDefense, Threat
from bench.registry import controls, make, plugins, spec_of
from bench.runner.grid import Grid, Task
from bench.runner.threats import threat
from bench.spec import Spec

_FORMS: tuple[Form, ...] = ("pixels", "codes")
Purpose = Literal["private", "utility", "permuted"]


@dataclass(frozen=True, eq=False)
class Cell:
    """One question; `unasked` is the reason why it means nothing here, or empty.

    Attributes:
        task: title of its task.
        purpose: whether the target is to be hidden or kept; `permuted` is the control whose
            attacker learns from shuffled labels and must end at chance.
    """

    task: str
    purpose: Purpose
    target: str
    data: Dataset
    defense: Defense
    attacker: Attacker
    threat: Threat
    threat_spec: Spec
    seed: int
    marks: tuple[str, ...]
    unasked: str


def cells(grid: Grid) -> Iterator[Cell]:
    """All cells of a grid, in the order of its tables.

    Raises:
        ValueError: if a plugin, field, threat or target is unknown.
    """
    for task in grid.tasks:
        data = make(Dataset, task.data)
        _check_targets(task, data)
        attackers = [make(Attacker, spec) for spec in task.attackers]
        for seed in grid.seeds:
            for defense in _defenses(task, data):
                yield from _row(task, data, defense, attackers, seed)


def check_askable(asked: Sequence[Cell]) -> None:
    """Raises ValueError if every cell is n/a: a run would print an empty table."""
    if all(cell.unasked for cell in asked):
        reasons = "; ".join(dict.fromkeys(cell.unasked for cell in asked))
        raise ValueError(f"none of the {len(asked)} cells can be asked: {reasons}")


def _row(
    task: Task, data: Dataset, defense: Defense, attackers: list[Attacker], seed: int
) -> Iterator[Cell]:
    asked: list[tuple[Purpose, str, Spec]] = [
        *(("private", target, spec) for target in task.private for spec in task.threats),
        *(("utility", target, spec) for target in task.utility for spec in task.utility_threats),
    ]
    if defense.changes_nothing:
        asked += [("permuted", t, Spec(name)) for t in task.private for name in ("raw", "latent")]
    for purpose, target, spec in asked:
        for attacker in attackers:
            how = threat(spec)
            if purpose == "permuted" and how.form != min(attacker.forms, key=_FORMS.index):
                continue  # the control runs once per attacker
            yield Cell(
                task.title,
                purpose,
                target,
                data,
                defense,
                attacker,
                how,
                spec,
                seed,
                _marks(task, defense),
                _unasked(target, data, defense, attacker, how),
            )


def _unasked(target: str, data: Dataset, defense: Defense, attacker: Attacker, how: Threat) -> str:
    """Why the question means nothing, or empty."""
    kind = next(asked.kind for asked in data.asks if asked.name == target)
    known = {"identity", "take", *(target.name for target in data.asks)}
    read = {*defense.reads_to_fit, *defense.reads_to_protect}
    reasons = {
        f"{data.name} has no labels {sorted(read - known)}": not read <= known,
        f"{defense.name} has no code": how.form == "codes"
        and not isinstance(defense, LatentDefense),
        f"{attacker.name} reads no {how.form}": how.form not in attacker.forms,
        f"{attacker.name} answers no {kind} target": kind not in attacker.applies_to,
        "a classifier enrolls nobody": how.learns_from != how.enrolls
        and isinstance(attacker, Classifier),
        "a classifier knows no strangers (protocol open)": target == "identity"
        and data.protocol == "open"
        and isinstance(attacker, Classifier),
        f"{defense.name} discloses {sorted(defense.discloses)}": not how.grants
        <= defense.discloses,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _marks(task: Task, defense: Defense) -> tuple[str, ...]:
    private = set(task.private)
    marks = {
        "reads-secret": bool(private & set(defense.reads_to_protect)),
        "not-promised": not _promises(defense.hides, private)
        or not _promises(defense.keeps, set(task.utility)),
    }
    return tuple(mark for mark, holds in marks.items() if holds)


def _promises(promised: frozenset[str], asked: set[str]) -> bool:
    return "*" in promised or asked <= promised


def _defenses(task: Task, data: Dataset) -> Iterator[Defense]:
    """The controls, then the task's own; each once."""
    classes = plugins("defense")
    wanted: list[Spec] = []
    for name in controls():
        if "utility" in {item.name for item in dataclasses.fields(classes[name])}:  # type: ignore[arg-type]
            told = [target for target in task.utility if target != "identity"]
            wanted += [Spec(name, "", (("utility", target),)) for target in told]
        else:
            wanted.append(Spec(name))
    seen = set()
    for spec in (*wanted, *task.defenses):
        defense = make(Defense, spec)
        if (full := spec_of(defense)) not in seen:
            seen.add(full)
            yield defense


def _check_targets(task: Task, data: Dataset) -> None:
    known = [target.name for target in data.asks]
    if strange := sorted({*task.private, *task.utility} - set(known)):
        raise ValueError(f"task {task.title!r} asks about {strange}; {data.name} knows {known}")
