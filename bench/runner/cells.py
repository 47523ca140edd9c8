"""The single questions of a grid: one defense before one attacker about one target."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bench.api import Attacker, Dataset, Defense, LatentDefense, Matcher, Regressor, Role
from bench.faces import Target
from bench.registry import controls, fields_of, make, plugins, spec_of
from bench.runner.controls.canary import TARGET as CANARY
from bench.runner.grid import Grid, Task
from bench.spec import Spec
from bench.threats import Form, Threat, threat

_FORMS: tuple[Form, ...] = ("pixels", "codes")
Purpose = Literal["private", "utility", "permuted", "canary", "saturation"]
SHARES = (0.25, 0.5)  # of the training pictures, for saturation


@dataclass(frozen=True, eq=False, kw_only=True)
class Cell:
    """One question.

    Attributes:
        task: title of its task.
        purpose: `private` or `utility`: the target is to be hidden or kept. Controls: `permuted`,
            with shuffled labels, where an attacker must end at chance; `canary`, a known secret
            that must be found; `saturation`, a private question with fewer training pictures.
        data: the data set of the probe.
        skip_reason: why the question does not apply; empty if it does.
        share: of the training pictures that the attacker learns from.
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
    marks: tuple[str, ...] = ()
    skip_reason: str = ""
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
            for defense in _defenses(task):
                found = list(_of_defense(task, data, learned_from, defense, attackers, seed))
                yield from found
                for share in SHARES if grid.saturation else ():
                    for cell in found:
                        if cell.purpose == "private":
                            yield replace(cell, purpose="saturation", share=share)


def check_askable(cells: Sequence[Cell]) -> None:
    """Raises ValueError if every cell is n/a: a run would print an empty table."""
    reasons = [cell.skip_reason for cell in cells if cell.purpose in ("private", "utility")]
    if all(reasons):
        listed = "; ".join(dict.fromkeys(reasons))
        raise ValueError(f"expected a cell that applies, got {len(reasons)} that do not: {listed}")


def _of_defense(
    task: Task,
    data: Dataset,
    learned_from: Mapping[Role, Dataset],
    defense: Defense,
    attackers: list[Attacker],
    seed: int,
) -> Iterator[Cell]:
    lacks = _lacks_labels(defense, data, *learned_from.values())
    for purpose, target, attacker, spec in _questions(task, defense, attackers):
        yield Cell(
            task=task.title,
            purpose=purpose,
            target=target,
            data=data,
            defense=defense,
            attacker=attacker,
            threat=(how := threat(spec)),
            threat_spec=spec,
            seed=seed,
            marks=_marks(task, defense),
            skip_reason=lacks or _skip_reason(target, data, defense, attacker, how),
            learned_from=learned_from,
        )


def _questions(
    task: Task, defense: Defense, attackers: list[Attacker]
) -> Iterator[tuple[Purpose, str, Attacker, Spec]]:
    """All questions about a defense; the controls of attackers run once, on `none`."""
    asked: list[tuple[Purpose, str, Spec]] = [
        *(("private", target, spec) for target in task.private for spec in task.threats),
        *(("utility", target, spec) for target in task.utility for spec in task.utility_threats),
    ]
    for purpose, target, spec in asked:
        yield from ((purpose, target, attacker, spec) for attacker in attackers)
    if not defense.changes_nothing:
        return
    forms = {threat(spec).reads for _, _, spec in asked}
    for attacker in attackers:
        granted = (("gallery", "true"),) if attacker.uses_gallery else ()
        for form in sorted(forms & attacker.forms, key=_FORMS.index):
            spec = Spec("raw" if form == "pixels" else "latent", "", granted)
            for target in task.private:
                yield "permuted", target, attacker, spec
            if not (isinstance(attacker, Regressor) or attacker.uses_gallery):
                found = "identity" if isinstance(attacker, Matcher) else CANARY
                yield "canary", found, attacker, spec


def _skip_reason(
    name: str, data: Dataset, defense: Defense, attacker: Attacker, threat: Threat
) -> str:
    """Why the question does not apply, or empty."""
    if threat.reads == "codes" and not isinstance(defense, LatentDefense):
        return f"{defense.name} has no code"
    if threat.answers_about == "reencode" and defense.reads_to_protect:
        return f"{defense.name} encodes with labels, which nobody has of a release"
    if threat.gallery and name == "identity":
        return "with a gallery, identity is trivial"
    if not threat.grants <= defense.discloses:
        return f"{defense.name} discloses only {sorted(defense.discloses)}"
    if threat.grants and threat.learns_from != "protected":
        return "raw pictures and codes have no notes"
    categorical = Target(name)  # identity and the canary are no targets of every data set
    target = next((target for target in data.targets if target.name == name), categorical)
    return attacker.skip_reason(target, threat, data.protocol)


def _lacks_labels(defense: Defense, *sources: Dataset) -> str:
    """That a data set lacks labels which the defense reads, or empty."""
    read = {*defense.reads_to_fit, *defense.reads_to_protect}
    for data in sources:
        if lacks := sorted(read - {"take", *(target.name for target in data.targets)}):
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


def _promises(promised: frozenset[str], targets: set[str]) -> bool:
    return "*" in promised or targets <= promised


def _defenses(task: Task) -> Iterator[Defense]:
    """The controls, then the task's own; each once."""
    classes = plugins("defense")
    specs: list[Spec] = []
    for name in controls():
        if "utility" in {item.name for item in fields_of(classes[name])}:
            shown = [target for target in task.utility if target != "identity"]
            specs += [Spec(name, "", (("utility", target),)) for target in shown]
        else:
            specs.append(Spec(name))
    seen = set()
    for spec in (*specs, *task.defenses):
        defense = make(Defense, spec)
        if (full := spec_of(defense)) not in seen:
            seen.add(full)
            yield defense


def _sources(task: Task) -> tuple[Dataset, Mapping[Role, Dataset]]:
    """The data set of the probe, and those of defender and attacker where they are others.

    Raises:
        ValueError: if a set lacks a target, or sets of different roles do not go together.
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
    known = [target.name for target in data.targets]
    if unknown := sorted({*task.private, *task.utility} - set(known)):
        raise ValueError(
            f"task {task.title!r}: expected targets of {data.name} ({known}), got {unknown}"
        )


def _check_pair(task: Task, data: Dataset, other: Dataset) -> None:
    """Raises ValueError unless attackers of the other set can be asked about this one."""
    facts = [
        (f"{one.name} has protocol {one.protocol}", one.protocol == "open") for one in (data, other)
    ]
    twins = (data.name, data.seed) == (other.name, other.seed)
    facts.append((f"both have seed {data.seed}, so people may recur", not twins))
    sizes = [getattr(one, "size", None) for one in (data, other)]
    alike = None in sizes or len(set(sizes)) == 1
    facts.append((f"pictures are {sizes[0]} and {sizes[1]} px", alike))
    for name in sorted({*task.private, *task.utility} - {"identity"}):
        classes = [next(t.classes for t in one.targets if t.name == name) for one in (data, other)]
        facts.append((f"{name} is {classes[0]} and {classes[1]}", len(set(classes)) == 1))
    if wrong := [problem for problem, holds in facts if not holds]:
        raise ValueError(
            f"task {task.title!r} learns from {other.name} and asks about {data.name}: "
            f"{'; '.join(wrong)}; use sets of different people (protocol=open, other seeds), of "
            "one size and with the same classes"
        )
