"""The base of all plugins, and their fields."""

import dataclasses
import re
from abc import ABCMeta
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Literal, TypeVar, get_type_hints

from bench.spec import Value

_NAMES_IN_0_1 = {"asks": "targets", "imposes": "replaces", "uses_told": "uses_side_info"}

_INTERVAL = re.compile(r"([\[(])(\S+), (\S+)([\])])")
_WIDEST = {int: "[-2147483648, 2147483647]", float: "(-inf, inf)"}  # nan lies in no interval

T = TypeVar("T", bool, int, float, str)


def field(
    default: T,
    *,
    about: str,
    at: Literal["fit", "protect", "path"] = "fit",
    was: str = "",
    within: str = "",
    among: Iterable[T] = (),
) -> T:
    """A field of a plugin.

    Args:
        default: used where neither preset nor spec says otherwise.
        about: one line for `bench list`, with the unit.
        at: the step that it changes. A `protect` field does not enter the key of `fit`, so one
            trained defense serves all its values; a `path` names a file or folder and enters no
            key (the content does).
        was: an earlier name, by which specs may still call it.
        within: the interval of its values, such as `(0, 1]`; by default all finite floats, or what
            32 bits hold.
        among: its values, if they are few.
    """
    at = "path" if at == "place" else at  # its name in 0.1
    facts = {"about": about, "at": at, "was": was, "within": within, "among": tuple(among)}
    made: T = dataclasses.field(default=default, metadata=facts)
    return made


def bounds_of(item: "dataclasses.Field[Any]") -> str:
    """The interval or the list of a field's values, as declared; empty if all are allowed."""
    among = ", ".join(repr(value) for value in item.metadata.get("among", ()))
    return f"{{{among}}}" if among else str(item.metadata.get("within", ""))


@cache
def types_of(plugin: "type[Plugin]") -> Mapping[str, type]:
    """The type of each field of a plugin, which is a dataclass."""
    hints = get_type_hints(plugin)
    return {item.name: hints[item.name] for item in dataclasses.fields(plugin)}  # type: ignore[arg-type]


class _Checked(ABCMeta):
    """Checks the fields of every plugin that is made, from a spec or in Python."""

    def __call__(cls, *arguments: Any, **fields: Any) -> Any:
        made = super().__call__(*arguments, **fields)
        for item in dataclasses.fields(made):
            kind, value = types_of(cls)[item.name], getattr(made, item.name)
            if not _holds(item, kind, value):
                bounds = bounds_of(item) or _WIDEST.get(kind)
                what = f"in {bounds}" if bounds else f"of type {kind.__name__}"
                raise ValueError(f"expected {item.name} {what}, got {value!r}")
        return made


def _holds(item: "dataclasses.Field[Any]", kind: type, value: Any) -> bool:
    if among := item.metadata.get("among"):
        return value in among and type(value) is kind
    if kind in _WIDEST:
        is_number = isinstance(value, int | kind) and not isinstance(value, bool)
        return is_number and _lies_in(item.metadata.get("within") or _WIDEST[kind], value)
    return kind not in (bool, str) or isinstance(value, kind)


def _lies_in(interval: str, value: float) -> bool:
    match = _INTERVAL.fullmatch(interval)
    if not match:
        raise ValueError(f"expected an interval such as `[0, 1)`, got {interval!r}")
    opens, low, high, closes = match.groups()
    above = float(low) <= value if opens == "[" else float(low) < value
    return above and (value <= float(high) if closes == "]" else value < float(high))


class Plugin(metaclass=_Checked):
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
