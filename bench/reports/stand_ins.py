"""Plugins without their code: the few facts that reports ask of one, to be written and read."""

from collections.abc import Mapping
from dataclasses import make_dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from bench.api import Attacker, Classifier, Dataset, Defense, Described, Matcher, Plugin, Regressor
from bench.faces import Target
from bench.registry import BUILT_IN, make, plugins
from bench.reports.records import spec_text, without_path
from bench.spec import Spec

P = TypeVar("P", bound=Plugin)

_OF_DEFENSE = ("changes_nothing", "takes", "replaces")
_ANSWERS: Mapping[str, type[Attacker]] = {
    "classes": Classifier,
    "numbers": Regressor,
    "templates": Matcher,
}


class _Facts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    spec: str  # as in records: without paths


class DefenseFacts(_Facts):
    """What reports ask of a defense; `ours`: it comes with this suite."""

    kind: Literal["defense"] = "defense"
    ours: bool
    described: bool
    learns: bool
    changes_nothing: bool
    takes: Literal["arrays", "files"]
    replaces: Mapping[str, str]


class AttackerFacts(_Facts):
    """What reports ask of an attacker."""

    kind: Literal["attacker"] = "attacker"
    answers: Literal["classes", "numbers", "templates"]
    frozen: bool
    evidence: str


class DataFacts(_Facts):
    """What reports ask of a data set; targets with their kinds."""

    kind: Literal["dataset"] = "dataset"
    shareable: bool
    targets: tuple[tuple[str, Literal["categorical", "continuous"]], ...]


Facts = Annotated[DefenseFacts | AttackerFacts | DataFacts, Field(discriminator="kind")]


def facts_of(plugin: Defense | Attacker | Dataset) -> Facts:
    """The facts of a plugin."""
    if isinstance(plugin, Defense):
        return _of_defense(type(plugin), str(without_path(plugin)))
    if isinstance(plugin, Attacker):
        answers = next(name for name, base in _ANSWERS.items() if isinstance(plugin, base))
        own: dict[str, Any] = {"spec": spec_text(plugin), "answers": answers}
        return AttackerFacts(**own, frozen=plugin.frozen, evidence=plugin.evidence)
    targets = tuple((target.name, target.kind) for target in plugin.targets)
    return DataFacts(spec=spec_text(plugin), shareable=plugin.shareable, targets=targets)


def stand_in(facts: Facts) -> Plugin:
    """A plugin with these facts, which can do nothing else.

    Raises:
        ValueError: if the facts are not those of a plugin of this suite that has this name.
    """
    _check(facts)
    if isinstance(facts, DefenseFacts):
        base = Described if facts.described else Defense
        attributes = facts.model_dump(include={*_OF_DEFENSE})
        if facts.learns:
            attributes["fit"] = lambda self, faces, context: {}
        made = _made(base, facts.spec, **attributes)
        type(made).__module__ = "defenses" if facts.ours else __name__
        return made
    if isinstance(facts, AttackerFacts):
        attributes = facts.model_dump(include={"frozen", "evidence"})
        return _made(_ANSWERS[facts.answers], facts.spec, **attributes)
    targets = tuple(Target(name, kind) for name, kind in facts.targets)
    return _made(Dataset, facts.spec, shareable=facts.shareable, targets=targets)


def is_built_in(kind: str, name: str) -> bool:
    """Whether a plugin comes with this suite."""
    known = plugins(kind).get(name)
    return known is not None and known.__module__.startswith(tuple(f"{p}." for p in BUILT_IN))


def _made(base: type[P], text: str, **attributes: Any) -> P:
    """An instance of a new class; its fields are those of the spec."""
    spec = Spec.parse(text)
    values = {k: v == "true" if v in ("true", "false") else v for k, v in spec.fields}
    fields = [(name, type(value), value) for name, value in values.items()]
    namespace = {"name": spec.name, **attributes}
    made: Any = make_dataclass("StandIn", fields, bases=(base,), frozen=True, namespace=namespace)
    made.__abstractmethods__ = frozenset()
    plugin: P = made()
    return plugin


def _of_defense(plugin: type[Any], spec: str) -> DefenseFacts:
    own: dict[str, Any] = {name: getattr(plugin, name) for name in _OF_DEFENSE}
    own |= {"spec": spec, "ours": plugin.__module__.partition(".")[0] == "defenses"}
    own |= {"described": issubclass(plugin, Described), "learns": plugin.fit is not Defense.fit}
    return DefenseFacts(**own)


def _check(facts: Facts) -> None:
    """Raises ValueError if a plugin of this suite has other facts, or no such fields."""
    spec = Spec.parse(facts.spec)
    if isinstance(facts, DataFacts) or not is_built_in(facts.kind, spec.name):
        if isinstance(facts, DefenseFacts) and facts.ours:
            raise ValueError(f"expected a defense of this suite, got {spec.name}; update bench")
        return
    if isinstance(facts, AttackerFacts):
        found: Facts = facts_of(make(Attacker, spec))
    else:
        found = _of_defense(plugins("defense")[spec.name], facts.spec)
        if found.takes == "arrays":  # others need files of their owner
            fields = tuple((name, value) for name, value in spec.fields if name != "weights")
            make(Defense, Spec(spec.name, spec.preset, fields))
    told, known = facts.model_dump(), found.model_dump()
    for name in known:
        if told[name] != known[name]:
            raise ValueError(f"expected {name}={known[name]} of {spec.name}, got {told[name]}")
