"""What a task asks about a defense: targets, threats, and the attackers that answer."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Literal

from bench.api import Attacker, Defense, Described, Matcher, Regressor
from bench.attacks import attack
from bench.registry import make
from bench.runner.controls.canary import TARGET as CANARY
from bench.runner.grid import Task
from bench.spec import Spec
from bench.threats import Form, threat

_FORMS: tuple[Form, ...] = ("pixels", "codes")
Purpose = Literal["private", "utility", "permuted", "canary", "saturation", "trace"]
Question = tuple[Purpose, str, Spec]  # with its target and threat


def questions(
    task: Task, defense: Defense, attackers: list[Attacker]
) -> Iterator[tuple[Purpose, str, Attacker, Spec]]:
    """All questions about a defense; the controls of attackers are asked about `none` only."""
    asked = _asked(task, attackers)
    asked |= _cleaned(asked, defense)
    for (purpose, target, spec), asking in asked.items():
        for attacker in asking:
            # Cleaning removes low bits, and whoever uses a picture looks at all of it.
            lowest = attacker.evidence == "low-bits"
            if not (lowest and (purpose == "utility" or threat(spec).clean)):
                yield purpose, target, attacker, spec
    if not defense.changes_nothing:
        return
    for attacker in dict.fromkeys(one for asking in asked.values() for one in asking):
        mine = [question for question, asking in asked.items() if attacker in asking]
        granted = (("gallery", "true"),) if attacker.uses_gallery else ()
        forms = {threat(spec).reads for _, _, spec in mine} & attacker.forms
        for form in (form for form in _FORMS if form in forms and not attacker.frozen):
            spec = Spec("raw" if form == "pixels" else "latent", "", granted)
            for target in dict.fromkeys(
                about for purpose, about, _ in mine if purpose == "private"
            ):
                yield "permuted", target, attacker, spec
            if not (isinstance(attacker, Regressor) or attacker.uses_gallery):
                secret = "identity" if isinstance(attacker, Matcher) else CANARY
                yield "canary", secret, attacker, spec


def _asked(task: Task, attackers: Sequence[Attacker]) -> dict[Question, list[Attacker]]:
    """What a task asks, and whom."""
    asked: dict[Question, list[Attacker]] = {}
    purposes: tuple[tuple[Purpose, tuple[str, ...], tuple[Spec, ...]], ...] = (
        ("private", task.private, task.threats),
        ("utility", task.utility, task.utility_threats),
    )
    for purpose, targets, threats in purposes:
        for target, spec in product(targets, threats if attackers else ()):
            asked[purpose, target, spec] = [*attackers]
    for found in map(attack, task.attacks):
        attacker = make(Attacker, found.attacker)
        for purpose, targets, _ in purposes:
            for spec in found.threats if found.target in targets else ():
                asking = asked.setdefault((purpose, found.target, spec), [])
                asking += [attacker] if attacker not in asking else []
    return asked


def may_hide_a_channel(defense: Defense) -> bool:
    """Whether pictures may hold what only a key finds: learned, or a program that is not ours.

    A description is rounded, so its pictures hold nothing else.
    """
    if defense.changes_nothing or isinstance(defense, Described):
        return False
    ours = type(defense).__module__.partition(".")[0] == "defenses" and defense.takes == "arrays"
    return not ours or type(defense).fit is not Defense.fit


def _cleaned(
    asked: Mapping[Question, list[Attacker]], defense: Defense
) -> dict[Question, list[Attacker]]:
    """The questions once more about cleaned releases, for attackers that learn from them."""
    purposes = {"private", "utility"} if may_hide_a_channel(defense) else set[str]()
    if defense.changes_nothing:
        purposes = {"utility"}  # what cleaning costs without a defense
    found = {}
    for (purpose, target, spec), asking in asked.items():
        how = threat(spec)
        if purpose in purposes and how.form == "pixels" and how.learns_from == "protected":
            fields = tuple(sorted({**dict(spec.fields), "clean": "true"}.items()))
            cleaned = Spec(spec.name, spec.preset, fields)
            if (purpose, target, cleaned) not in asked:
                found[purpose, target, cleaned] = asking
    return found
