"""The single questions of a grid: one defense before one attacker about one target."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    Role,
    Threat,
)
from bench.metrics.canary import TARGET as CANARY
from bench.registry import controls, make, plugins, spec_of
from bench.runner.grid import Grid, Task
from bench.runner.threats import reads, threat
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
        data: who is asked about.
        learned_from: the data sets of defender and attacker, where they are others.
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
    learned_from: Mapping[Role, Dataset] = field(default_factory=dict)

    def source(self, role: Role) -> Dataset:
        """The data set that gives the pictures of a role."""
        return self.learned_from.get(role, self.data)


def cells(grid: Grid) -> Iterator[Cell]:
    """All cells of a grid, in the order of its tables.

    Raises:
        ValueError: if a plugin, field, threat or target is unknown.
    """
    for task in grid.tasks:
        data, learned_from = _sources(task)
        attackers = [make(Attacker, spec) for spec in task.attackers]
        for seed in grid.seeds:
            for defense in _defenses(task, data):
                row = list(_row(task, data, learned_from, defense, attackers, seed))
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
    task: Task,
    data: Dataset,
    learned_from: Mapping[Role, Dataset],
    defense: Defense,
    attackers: list[Attacker],
    seed: int,
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
            _unlabelled(defense, data, *learned_from.values())
            or _unasked(target, data, defense, attacker, how),
            learned_from=learned_from,
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
    forms = {reads(threat(spec)) for _, _, spec in asked}
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
    reasons = {
        f"{defense.name} has no code": reads(how) == "codes"
        and not isinstance(defense, LatentDefense),
        f"{attacker.name} reads no {reads(how)}": reads(how) not in attacker.forms,
        f"{defense.name} encodes by labels, which nobody has of a release": how.answers_about
        == "reread"
        and bool(defense.reads_to_protect),
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


def _unlabelled(defense: Defense, *sources: Dataset) -> str:
    """That a data set lacks labels which the defense reads, or empty."""
    read = {*defense.reads_to_fit, *defense.reads_to_protect}
    for data in sources:
        if lacks := sorted(read - {"take", *(target.name for target in data.asks)}):
            return f"{data.name} has no labels {lacks}"
    return ""


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


def _sources(task: Task) -> tuple[Dataset, Mapping[Role, Dataset]]:
    """Who is asked about, and what defender and attacker learn from if that is another set.

    Raises:
        ValueError: if a set does not know a target, or sets of different roles do not go together.
    """
    data, *learned = (
        make(Dataset, spec)
        for spec in (task.sources.evaluation, task.sources.defender, task.sources.attacker)
    )
    for one in (data, *learned):
        _check_targets(task, one)
        if one != data:
            _check_pair(task, data, one)
    roles: tuple[Role, Role] = ("defender", "attacker")
    return data, {role: one for role, one in zip(roles, learned, strict=True) if one != data}


def _check_targets(task: Task, data: Dataset) -> None:
    known = [target.name for target in data.asks]
    if strange := sorted({*task.private, *task.utility} - set(known)):
        raise ValueError(f"task {task.title!r} asks about {strange}; {data.name} knows {known}")


def _check_pair(task: Task, data: Dataset, other: Dataset) -> None:
    """Raises ValueError unless what is learned on the other set can be asked about this one."""
    facts = [
        (f"{one.name} is dealt {one.protocol}", one.protocol == "open") for one in (data, other)
    ]
    twins = (data.name, data.seed) == (other.name, other.seed)
    facts.append((f"both have seed {data.seed}, so people may recur", not twins))
    sizes = [getattr(one, "size", None) for one in (data, other)]
    facts.append(
        (f"pictures are {sizes[0]} and {sizes[1]} px", None in sizes or len(set(sizes)) == 1)
    )
    for name in sorted({*task.private, *task.utility} - {"identity"}):
        classes = [next(t.classes for t in one.asks if t.name == name) for one in (data, other)]
        facts.append((f"{name} is {classes[0]} and {classes[1]}", len(set(classes)) == 1))
    if wrong := [problem for problem, holds in facts if not holds]:
        raise ValueError(
            f"task {task.title!r} learns on {other.name} and asks about {data.name}: "
            f"{'; '.join(wrong)}; give sets of strangers (protocol=open; other seeds), of one size "
            "and with the same classes"
        )
