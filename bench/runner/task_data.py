"""The data sets of a task: of the probe, and of the roles that learn elsewhere."""

from collections.abc import Mapping

from bench.api import Attacker, Dataset, Role
from bench.names import hint
from bench.registry import make
from bench.runner.grid import Task
from bench.spec import Spec


def sources_of(task: Task) -> tuple[Dataset, Mapping[Role, Dataset]]:
    """The data set of the probe, and those of defender and attacker where they differ from it.

    The defender's may lack targets: a defense that reads one is skipped.
    """
    data, *learned = (
        make(Dataset, spec)
        for spec in (task.sources.evaluation, task.sources.defender, task.sources.attacker)
    )
    for one in (data, learned[1]):
        known = [target.name for target in one.targets]
        if unknown := sorted({*task.private, *task.utility} - set(known)):
            raise ValueError(
                f"task {task.title!r}: expected a target of {one.name}, got {unknown[0]!r}; "
                f"{hint(unknown[0], known)} (the grid `photos` asks about identity alone)"
            )
    for one in learned:
        if one != data:
            _check_pair(task, data, one)
    roles: tuple[Role, Role] = ("defender", "attacker")
    return data, {role: one for role, one in zip(roles, learned, strict=True) if one != data}


def absent(task: Task) -> str:
    """Why the data of a task that may be left out are not there, or empty."""
    for spec in set(task.sources.model_dump().values()) if task.data_optional else ():
        data = make(Dataset, Spec.parse(spec))
        try:
            data.check()
        except (OSError, ValueError) as error:
            return f"task {task.title!r}: {error}"
    return ""


def _check_pair(task: Task, data: Dataset, other: Dataset) -> None:
    """Raises ValueError unless attackers that learned from `other` can answer about `data`."""
    facts = [(f"{d.name} has protocol {d.protocol}", d.protocol == "open") for d in (data, other)]
    twins = (data.name, data.seed) == (other.name, other.seed)
    facts.append((f"both have seed {data.seed}, so people may recur", not twins))
    sizes = [getattr(one, "size", None) for one in (data, other)]
    alike = None in sizes or len(set(sizes)) == 1
    facts.append((f"pictures are {sizes[0]} and {sizes[1]} px", alike))
    for name in sorted({*task.private, *task.utility} - {"identity"}):
        classes = [t.classes for one in (data, other) for t in one.targets if t.name == name]
        facts.append((f"{name} is {classes[0]} and {classes[-1]}", len(set(classes)) == 1))
    if wrong := [problem for problem, holds in facts if not holds]:
        raise ValueError(
            f"task {task.title!r} learns from {other.name} and asks about {data.name}: "
            f"{'; '.join(wrong)}; use sets of different people (protocol=open, other seeds), of "
            "one size and with the same classes"
        )


def unplaced(attacker: Attacker, *sources: Dataset) -> str:
    """Why an attacker cannot be shown the faces of these data sets as it needs them, or empty."""
    if not attacker.needs_face_points:
        return ""
    if unknown := [data.name for data in sources if not data.face_points]:
        return f"where faces stand in {unknown[0]} is unknown; use align=true"
    if len({data.face_points for data in sources}) > 1:
        return "faces stand elsewhere in the attacker's pictures; use align=true for both"
    return ""
