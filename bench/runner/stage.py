"""The unit of work: a value that describes itself completely and runs nothing."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.runner.fingerprint import libraries
from bench.spec import Spec

# The module of each action; its function of the same name runs it.
ACTIONS: Mapping[str, str] = {
    "load": "bench.runner.actions.load",
    "split": "bench.runner.actions.load",
    "fit": "bench.runner.actions.fit",
    "protect": "bench.runner.actions.protect",
    "encode": "bench.runner.actions.encode",
    "reencode": "bench.runner.actions.encode",
    "ask_again": "bench.runner.actions.ask_again",
    "measure": "bench.runner.actions.measure",
    "measure_codes": "bench.runner.actions.measure",
    "attack": "bench.runner.actions.attack",
    "answer": "bench.runner.actions.answer",
    "clean": "bench.runner.actions.clean",
    "plant_canary": "bench.runner.controls.plant_canary",
    "plant_own": "bench.runner.controls.plant_own",
    "plant_trace": "bench.runner.controls.plant_trace",
    "shuffle_labels": "bench.runner.controls.shuffle_labels",
}


@dataclass(frozen=True, eq=False)
class Stage:
    """One application of an action to the artifacts of other stages.

    Attributes:
        action: a name of ACTIONS.
        spec: the plugin, with every field that matters to the action written out.
        inputs: name to the stages whose artifacts it takes under that name.
        detail: what else matters: role, seed, target, ...
        code: fingerprint of the code that it runs.
        full_spec: the plugin with the fields that name files, which do not enter the key.
        size: of its data set, and
        seconds: that it is expected to take (bench.runner.costs); neither enters the key.
    """

    action: str
    spec: Spec
    inputs: Mapping[str, "Stages"]
    detail: Mapping[str, str | int]
    code: str
    full_spec: Spec
    size: tuple[int, int] = (0, 0)
    seconds: float = 0.0

    @cached_property
    def key(self) -> str:
        """Digest of the recipe, 64 hex digits."""
        text = json.dumps(self.recipe, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def recipe(self) -> Mapping[str, object]:
        """All that enters the key."""
        return {
            "action": self.action,
            "plugin": self.spec.name,
            "fields": dict(self.spec.fields),
            "inputs": {name: [s.key for s in stages] for name, stages in self.inputs.items()},
            "detail": self.detail,
            "code": self.code,
            "libraries": libraries(),
        }

    @property
    def needs(self) -> Iterator["Stage"]:
        """The stages of all inputs."""
        return (stage for stages in self.inputs.values() for stage in stages)

    @cached_property
    def shuffled(self) -> bool:
        """Whether it belongs to the shuffled-label control, which has a store of its own."""
        return self.action == "shuffle_labels" or any(stage.shuffled for stage in self.needs)

    def text(self, name: str) -> str:
        """A detail that is a text."""
        return str(self.detail[name])

    def number(self, name: str) -> int:
        """A detail that is a number."""
        return int(self.detail[name])

    def names(self, name: str) -> tuple[str, ...]:
        """A detail that is a list of names, joined by commas."""
        return tuple(part for part in self.text(name).split(",") if part)

    def __str__(self) -> str:
        facts = (self.detail[name] for name in ("role", "target", "query") if name in self.detail)
        about = " ".join(str(fact) for fact in facts if fact not in (0, ""))
        return f"{self.action} {self.spec.name}{' ' if about else ''}{about}"


Stages = Sequence[Stage]
