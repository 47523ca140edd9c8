"""The single questions of a grid: one defense before one attacker about one target."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Literal

from bench.api import (
    Attacker,
    Dataset,
    Defense,
    Described,
    LatentDefense,
    Matcher,
    Plugin,
    Regressor,
    Role,
)
from bench.faces import Target
from bench.registry import controls, fields_of, make, plugins, spec_of
from bench.runner.controls.canary import TARGET as CANARY
from bench.runner.grid import Grid, Task
from bench.runner.task_data import sources_of, unplaced
from bench.spec import Spec
from bench.threats import Form, Threat, threat

_FORMS: tuple[Form, ...] = ("pixels", "codes")
Purpose = Literal["private", "utility", "permuted", "canary", "saturation", "trace"]
CONTROLS: tuple[Purpose, ...] = ("permuted", "canary")  # purposes of the controls of attackers
SHARES = (0.25, 0.5)  # of the training pictures, for saturation
TRACE = 0.1  # share of the raw picture that is planted into a release


@dataclass(frozen=True, eq=False, kw_only=True)
class Cell:
    """One question.

    Attributes:
        task: title of its task.
        purpose: `private` or `utility`: the target is to be hidden or kept. Controls: `permuted`,
            with shuffled labels, where an attacker must end at chance; `canary`, a known secret
            that must be found; `saturation`, a private question with fewer training pictures;
            `trace`, a private question about releases that a secret was planted into.
        data: the data set of the probe.
        skip_reason: why the question does not apply; empty if it does.
        share: of the training pictures that the attacker learns from.
        learned_from: the data sets of defender and attacker, where they differ from `data`.
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

    @property
    def evidence(self) -> str:
        """What kind of evidence of hiding the attacker can be; empty: none."""
        return "" if self.attacker.frozen else self.attacker.evidence

    @property
    def needs_faces(self) -> bool:
        """Whether its answers count only where a face was found: of utility in aligned pictures."""
        return self.purpose == "utility" and self.data.align

    def source(self, role: Role) -> Dataset:
        """The data set that gives the pictures of a role."""
        return self.learned_from.get(role, self.data)


def cells(grid: Grid) -> Iterator[Cell]:
    """All cells of a grid, in the order of its tables.

    Raises:
        ValueError: if a plugin, field, threat or target is unknown.
    """
    for task in grid.tasks:
        data, learned_from = sources_of(task)
        attackers = _attackers(task)
        targets = {target.name: target for target in data.targets}
        defenses = list(_defenses(task))
        lacking = [_lacks_labels(one, data, *learned_from.values()) for one in defenses]
        for seed, (defense, lacks) in product(grid.seeds, zip(defenses, lacking, strict=True)):
            found = [
                Cell(
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
                    # not every data set has identity and the canary as targets
                    skip_reason=lacks
                    or _skip_reason(
                        targets.get(target, Target(target)), data, defense, attacker, how
                    )
                    or unplaced(attacker, data, learned_from.get("attacker", data)),
                    learned_from=learned_from,
                )
                for purpose, target, attacker, spec in _questions(task, defense, attackers)
            ]
            yield from found
            private = [c for c in found if c.purpose == "private" and not c.attacker.frozen]
            for share, cell in product(SHARES if grid.saturation else (), private):
                yield replace(cell, purpose="saturation", share=share)


def check_any_applies(cells: Sequence[Cell]) -> None:
    """Raises ValueError if no cell applies: a run would print an empty table."""
    reasons = [cell.skip_reason for cell in cells if cell.purpose in ("private", "utility")]
    if all(reasons):
        listed = "; ".join(dict.fromkeys(reasons))
        raise ValueError(f"expected a cell that applies, got {len(reasons)} that do not: {listed}")


def _questions(
    task: Task, defense: Defense, attackers: list[Attacker]
) -> Iterator[tuple[Purpose, str, Attacker, Spec]]:
    """All questions about a defense; the controls of attackers are asked about `none` only."""
    asked: list[tuple[Purpose, str, Spec]] = [
        *(("private", target, spec) for target in task.private for spec in task.threats),
        *(("utility", target, spec) for target in task.utility for spec in task.utility_threats),
    ]
    asked += _cleaned(asked, defense)
    for purpose, target, spec in asked:
        for attacker in attackers:
            # Cleaning removes low bits, and whoever uses a picture looks at all of it.
            lowest = attacker.evidence == "low-bits"
            if not (lowest and (purpose == "utility" or threat(spec).clean)):
                yield purpose, target, attacker, spec
    if not defense.changes_nothing:
        return
    forms = {threat(spec).reads for _, _, spec in asked}
    for attacker in (one for one in attackers if not one.frozen):
        granted = (("gallery", "true"),) if attacker.uses_gallery else ()
        for form in (form for form in _FORMS if form in forms & attacker.forms):
            spec = Spec("raw" if form == "pixels" else "latent", "", granted)
            for target in task.private:
                yield "permuted", target, attacker, spec
            if not (isinstance(attacker, Regressor) or attacker.uses_gallery):
                secret = "identity" if isinstance(attacker, Matcher) else CANARY
                yield "canary", secret, attacker, spec


def may_hide_a_channel(defense: Defense) -> bool:
    """Whether pictures may hold what only a key finds: learned, or a program that is not ours.

    A description is rounded, so its pictures hold nothing else.
    """
    if defense.changes_nothing or isinstance(defense, Described):
        return False
    ours = type(defense).__module__.partition(".")[0] == "defenses"
    return not ours or type(defense).fit is not Defense.fit


def _cleaned(
    asked: Sequence[tuple[Purpose, str, Spec]], defense: Defense
) -> list[tuple[Purpose, str, Spec]]:
    """The questions once more about cleaned releases, for attackers that learn from them."""
    purposes = {"private", "utility"} if may_hide_a_channel(defense) else set[str]()
    if defense.changes_nothing:
        purposes = {"utility"}  # what cleaning costs without a defense
    known = set(asked)
    found = []
    for purpose, target, spec in asked:
        how = threat(spec)
        if purpose in purposes and how.form == "pixels" and how.learns_from == "protected":
            cleaned = Spec(
                spec.name,
                spec.preset,
                tuple(sorted({**dict(spec.fields), "clean": "true"}.items())),
            )
            if (purpose, target, cleaned) not in known:
                found.append((purpose, target, cleaned))
    return found


def _skip_reason(
    target: Target, data: Dataset, defense: Defense, attacker: Attacker, threat: Threat
) -> str:
    """Why the question does not apply, or empty."""
    if threat.reads == "codes" and not isinstance(defense, LatentDefense):
        return f"{defense.name} has no code"
    if threat.answers_about == "reencode" and defense.reads_to_protect:
        return f"{defense.name} needs labels to encode, which releases do not have"
    if threat.gallery and target.name == "identity":
        return "with a gallery, identity is trivial"
    if not threat.grants <= defense.discloses:
        return f"{defense.name} discloses only {sorted(defense.discloses)}"
    if threat.grants and threat.learns_from != "protected":
        return "raw pictures and codes have no notes"
    return attacker.skip_reason(target, threat, data.protocol) or attacker.not_installed


def _lacks_labels(defense: Defense, *sources: Dataset) -> str:
    """Which labels that the defense reads a data set lacks, or empty."""
    read = {*defense.reads_to_fit, *defense.reads_to_protect}
    for data in sources:
        if lacks := sorted(read - {"take", *(target.name for target in data.targets)}):
            return f"{data.name} has no labels {lacks}"
    return ""


def _marks(task: Task, defense: Defense) -> tuple[str, ...]:
    promised = all(
        "*" in promise or promise.issuperset(targets)
        for promise, targets in ((defense.hides, task.private), (defense.keeps, task.utility))
    )
    read = set(defense.reads_to_protect)
    secrets = {*task.private, "identity"}  # a name tells all that a person always has
    marks = {
        "reads-secret": bool(read & secrets),
        "reads-utility": bool(read & set(task.utility)),
        "not-promised": not promised,
    }
    return tuple(mark for mark, holds in marks.items() if holds)


def _attackers(task: Task) -> list[Attacker]:
    """The task's own attackers, which must be installed, and its optional ones."""
    own = [make(Attacker, spec) for spec in task.attackers]
    _check_installed(task, own)
    return own + [make(Attacker, spec) for spec in task.optional if spec not in task.attackers]


def _check_installed(task: Task, plugins: Sequence[Plugin]) -> None:
    """Raises ValueError if one of them needs what is not installed."""
    if lacking := [plugin.not_installed for plugin in plugins if plugin.not_installed]:
        raise ValueError(f"task {task.title!r}: {lacking[0]}")


def _defenses(task: Task) -> Iterable[Defense]:
    """The controls, then the task's own; each once."""
    classes = plugins("defense")
    specs: list[Spec] = []
    for name in controls():
        if "utility" in {item.name for item in fields_of(classes[name])}:
            shown = [target for target in task.utility if target != "identity"]
            specs += [Spec(name, "", (("utility", target),)) for target in shown]
        else:
            specs.append(Spec(name))
    made = [make(Defense, spec) for spec in (*specs, *task.defenses)]
    _check_installed(task, made)
    return {spec_of(defense): defense for defense in made}.values()
