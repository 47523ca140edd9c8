"""The single questions of a grid: one defense before one attacker about one target."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from bench.api import Attacker, Dataset, Defense, LatentDefense, Plugin, Role
from bench.faces import Target
from bench.registry import controls, fields_of, make, plugins, spec_of
from bench.runner.grid import Grid, Task
from bench.runner.questions import Purpose, questions
from bench.runner.task_data import sources_of, unplaced
from bench.spec import Spec
from bench.threats import Threat, threat

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
        handed_over: only the releases of the probe are there.
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
    handed_over: bool = False

    @property
    def evidence(self) -> str:
        """What kind of evidence of hiding the attacker can be; empty: none."""
        return "" if self.attacker.frozen else self.attacker.evidence

    @property
    def needs_faces(self) -> bool:
        """Whether its answers count only where a face was found: of utility in aligned pictures."""
        return self.purpose == "utility" and self.data.align

    @property
    def roles_are_alike(self) -> bool:
        """Whether pictures of all roles are alike by design, and released alike."""
        one_source = self.data.protocol != "closed-paper" and not self.learned_from
        return one_source and not self.handed_over

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
        lacking = [_lacks_labels(one, data, learned_from) for one in defenses]
        handed = [_handed_over(one, data, learned_from.get("attacker", data)) for one in defenses]
        for seed, (defense, lacks, handed_over) in product(
            grid.seeds, zip(defenses, lacking, handed, strict=True)
        ):
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
                    or unplaced(attacker, data, learned_from.get("attacker", data))
                    or (_lacks_releases(data, how) if handed_over else ""),
                    learned_from=learned_from,
                    handed_over=handed_over,
                )
                for purpose, target, attacker, spec in questions(task, defense, attackers)
            ]
            yield from found
            private = [c for c in found if c.purpose == "private" and not c.attacker.frozen]
            for share, cell in product(SHARES if grid.saturation else (), private):
                yield replace(cell, purpose="saturation", share=share)


def check_any_applies(cells: Sequence[Cell]) -> None:
    """Raises ValueError if no private cell applies, or none at all: nothing would be found."""
    asked = [cell for cell in cells if cell.purpose in ("private", "utility")]
    reasons = [cell.skip_reason for cell in asked if cell.purpose == "private"]
    reasons = reasons or [cell.skip_reason for cell in asked]
    if all(reasons):
        listed = "; ".join(dict.fromkeys(reasons))
        raise ValueError(
            f"expected an attack that applies, got {len(reasons)} that do not: {listed}"
        )


def _skip_reason(
    target: Target, data: Dataset, defense: Defense, attacker: Attacker, threat: Threat
) -> str:
    """Why the question does not apply, or empty."""
    if target.name == "identity" and target not in data.targets:  # the canary of matchers
        return f"{data.name} does not tell who is shown"
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


def _lacks_labels(defense: Defense, probe: Dataset, learned_from: Mapping[Role, Dataset]) -> str:
    """Which labels that the defense reads a data set lacks, or has of another form, or empty."""
    learns, protects = {*defense.reads_to_fit}, {*defense.reads_to_protect}
    defender = learned_from.get("defender", probe)
    attacker = learned_from.get("attacker", probe)
    for data, read in ((probe, protects), (attacker, protects), (defender, learns | protects)):
        known = {"take", *(target.name for target in data.targets)}
        known |= set() if defense.needs_identities else {"identity"}
        if lacks := sorted(read - known - ({"landmarks"} if data.has_landmarks else set())):
            return f"{data.name} has no labels {lacks}"
        if "landmarks" in read and data.n_landmarks != (n := probe.n_landmarks):
            return (
                f"{defense.name} needs as many landmarks in all data sets, {probe.name} has {n} "
                f"and {data.name} {data.n_landmarks}; use landmarks=mtcnn, or one data set"
            )
    return ""


def _handed_over(defense: Defense, data: Dataset, attackers: Dataset) -> bool:
    """Whether the pictures of the probe are protected, and no others.

    Raises:
        ValueError: if not even those are.
    """
    if defense.takes == "arrays":
        return False
    if not defense.has_releases_of("probe", data.originals("probe")):
        raise ValueError(
            f"expected releases of the probe of {data.name} from {defense.name}, got none; its "
            "pictures must be among those that were protected"
        )
    return not defense.has_releases_of("attacker", attackers.originals("attacker"))


def _lacks_releases(data: Dataset, threat: Threat) -> str:
    """Why an attack is impossible if only the releases of the probe are there, or empty."""
    from_attacker = threat.enrolls != "raw" and data.protocol != "open"  # the gallery is its own
    if threat.learns_from == "raw" and not from_attacker:
        return ""
    return "only the probe was handed over protected; this attack needs the attacker's part too"


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
    found = {spec_of(defense): defense for defense in made}.values()
    named = [spec_of(one, without=("path",)) for one in found if one.takes == "files"]
    if twice := {str(spec) for spec in named if named.count(spec) > 1}:
        raise ValueError(f"expected another label for each, got {len(named)} x {min(twice)}")
    return found
