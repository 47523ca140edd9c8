"""The single questions of a grid: one defense before one attacker about one target."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bench.api import (
    Attacker,
    Classifier,
    Dataset,
    Defense,
    Form,
    LatentDefense,
    Matcher,
    Regressor,
    Threat,
)
from bench.metrics.canary import TARGET as CANARY
from bench.registry import controls, make, plugins, spec_of
from bench.runner.grid import Grid, Task
from bench.runner.threats import threat
from bench.spec import Spec

_FORMS: tuple[Form, ...] = ("pixels", "codes")
Purpose = Literal["private", "utility", "permuted", "canary", "saturation"]
SHARES = (0.25, 0.5)  # of the training pictures, where saturation is asked


@dataclass(frozen=True, eq=False)
class Cell:
    """One question; `unasked` is the reason why it means nothing here, or empty.

    Attributes:
        task: title of its task.
        purpose: whether the target is to be hidden or kept; `permuted` is the control whose labels
            are shuffled, so that its attacker must end at chance, `canary` the one that holds
            a known secret and must be found; `saturation` repeats a private question with less to
            learn from.
        share: of the training pictures that the attacker learns from.
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
    share: float = 1.0


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
                row = list(_row(task, data, defense, attackers, seed))
                yield from row
                if grid.saturation:
                    private = [cell for cell in row if cell.purpose == "private"]
                    for share in SHARES:
                        yield from (
                            replace(cell, purpose="saturation", share=share) for cell in private
                        )


def check_askable(asked: Sequence[Cell]) -> None:
    """Raises ValueError if every cell is n/a: a run would print an empty table."""
    shown = [cell.unasked for cell in asked if cell.purpose in ("private", "utility")]
    if all(shown):
        reasons = "; ".join(dict.fromkeys(shown))
        raise ValueError(f"none of the {len(shown)} cells can be asked: {reasons}")


def _row(
    task: Task, data: Dataset, defense: Defense, attackers: list[Attacker], seed: int
) -> Iterator[Cell]:
    for purpose, target, attacker, spec in _questions(task, defense, attackers):
        how = threat(spec)
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


def _questions(
    task: Task, defense: Defense, attackers: list[Attacker]
) -> Iterator[tuple[Purpose, str, Attacker, Spec]]:
    """What is asked about a defense; the controls of attackers are run on `none` only, once."""
    asked: list[tuple[Purpose, str, Spec]] = [
        *(("private", target, spec) for target in task.private for spec in task.threats),
        *(("utility", target, spec) for target in task.utility for spec in task.utility_threats),
    ]
    for purpose, target, spec in asked:
        yield from ((purpose, target, attacker, spec) for attacker in attackers)
    if not defense.changes_nothing:
        return
    forms = {threat(spec).form for _, _, spec in asked}
    for attacker in attackers:
        granted = (("gallery", "true"),) if attacker.uses_gallery else ()
        for form in sorted(forms & attacker.forms, key=_FORMS.index):
            spec = Spec("raw" if form == "pixels" else "latent", "", granted)
            for target in task.private:
                yield "permuted", target, attacker, spec
            if not (isinstance(attacker, Regressor) or attacker.uses_gallery):
                found = "identity" if isinstance(attacker, Matcher) else CANARY
                yield "canary", found, attacker, spec


def _unasked(target: str, data: Dataset, defense: Defense, attacker: Attacker, how: Threat) -> str:
    """Why the question means nothing, or empty."""
    kinds: dict[str, str] = {CANARY: "categorical", "identity": "categorical"}
    kinds |= {asked.name: asked.kind for asked in data.asks}
    known = {"take", *kinds}
    read = {*defense.reads_to_fit, *defense.reads_to_protect}
    reasons = {
        f"{data.name} has no labels {sorted(read - known)}": not read <= known,
        f"{defense.name} has no code": how.form == "codes"
        and not isinstance(defense, LatentDefense),
        f"{attacker.name} reads no {how.form}": how.form not in attacker.forms,
        f"{attacker.name} answers no {kinds[target]} target": not isinstance(attacker, Matcher)
        and isinstance(attacker, Regressor) != (kinds[target] == "continuous"),
        "a matcher tells people apart and nothing else": target != "identity"
        and isinstance(attacker, Matcher),
        "only a matcher enrolls pictures": how.learns_from != how.enrolls
        and not isinstance(attacker, Matcher),
        "a classifier knows no strangers (protocol open)": target == "identity"
        and data.protocol == "open"
        and isinstance(attacker, Classifier),
        f"{attacker.name} uses no gallery": how.gallery and not attacker.uses_gallery,
        f"{attacker.name} wants a threat with gallery=true": attacker.uses_gallery
        and not how.gallery,
        "a gallery names people, it is no guess (identity)": target == "identity" and how.gallery,
        f"{defense.name} discloses {sorted(defense.discloses)}": not how.grants
        <= defense.discloses,
        f"{attacker.name} makes no use of what it is told": bool(how.grants)
        and not attacker.uses_told,
        "raw pictures and codes carry no notes": bool(how.grants)
        and how.learns_from != "protected",
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
