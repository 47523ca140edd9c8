"""The base of all plugins, and their fields."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar, Literal, TypeVar

from bench.spec import Value

_NAMES_IN_0_1 = {"asks": "targets", "imposes": "replaces", "uses_told": "uses_side_info"}

T = TypeVar("T", bool, int, float, str)


def field(
    default: T, *, about: str, at: Literal["fit", "protect", "path"] = "fit", was: str = ""
) -> T:
    """A field of a plugin.

    Args:
        default: used where neither preset nor spec says otherwise.
        about: one line for `bench list`, with the unit.
        at: the step that it changes. A `protect` field does not enter the key of `fit`, so one
            trained defense serves all its values; a `path` names a file or folder and enters no
            key (the content does).
        was: an earlier name, by which specs may still call it.
    """
    at = "path" if at == "place" else at  # its name in 0.1
    made: T = dataclasses.field(default=default, metadata={"about": about, "at": at, "was": was})
    return made


class Plugin:
    """The base of all plugins; the registry gives the name."""

    name: ClassVar[str]
    presets: ClassVar[Mapping[str, Mapping[str, Value]]] = {}

    @property
    def not_installed(self) -> str:
        """What must be fetched before it can run, and how; empty if nothing."""
        return ""

    def __init_subclass__(cls) -> None:
        """Accepts attributes of plugins that were written for 0.1."""
        for old, new in _NAMES_IN_0_1.items():
            if old in vars(cls):
                setattr(cls, new, vars(cls)[old])
