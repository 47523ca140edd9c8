"""The unit of work: a value that says everything about itself, and runs nothing."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bench.runner.fingerprint import libraries
from bench.spec import Spec


@dataclass(frozen=True, eq=False)
class Stage:
    """One application of an action to the artifacts of other stages.

    Attributes:
        action: name of the action.
        spec: the plugin, with every field that matters to the action written out.
        inputs: the stages whose artifacts it takes, in order.
        detail: what else matters: role, seed, target, ...
        code: fingerprint of the code that it runs.
        place: the plugin with the fields that say where its files lie; not in the key.
    """

    action: str
    spec: Spec
    inputs: tuple["Stage", ...]
    detail: Mapping[str, str | int]
    code: str
    place: Spec

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
            "inputs": [stage.key for stage in self.inputs],
            "detail": self.detail,
            "code": self.code,
            "libraries": libraries(),
        }

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
