"""Reads records.csv of 0.1, which has one file and its names."""

import dataclasses
from collections.abc import Iterable, Mapping
from functools import cache
from math import nan
from typing import Any

from bench.registry import KINDS, plugins
from bench.reports.records import Record
from bench.spec import Spec
from bench.threats import current

_SPECS = {"data": "dataset", "defense": "defense", "attacker": "attacker", "threat": "threat"}
_WORDS = {
    "purpose": {"looks": "release"},
    "status": {"n/a": "skipped"},
    "metric": {"names_imposed": "names_target_identity"},
}
_REDUNDANT = "beyond_half"  # |AUC - 0.5|


def records_of_0_1(lines: Iterable[Mapping[str, str]]) -> list[Record]:
    """The records of the lines, with the names of today."""
    return [_record(line) for line in lines if line["metric"] != _REDUNDANT]


def _record(line: Mapping[str, str]) -> Record:
    found: dict[str, Any] = {}
    for name, text in line.items():
        kind = Record.__annotations__[name]
        found[name] = kind(text or nan) if kind is float else kind(text)
        if name in _SPECS:
            found[name] = _today(_SPECS[name], text)
        elif name in _WORDS:
            found[name] = _WORDS[name].get(text, text)
    return Record(**found)


@cache
def _today(kind: str, text: str) -> str:
    """The spec with the names that its fields have today."""
    if not text:
        return ""
    spec = Spec.parse(text)
    if kind not in KINDS:
        return str(current(spec))
    plugin = plugins(kind).get(spec.name)
    items = dataclasses.fields(plugin) if plugin else ()  # type: ignore[arg-type]
    names = {str(item.metadata.get("was")): item.name for item in items}
    fields = sorted((names.get(name, name), value) for name, value in spec.fields)
    return str(Spec(spec.name, spec.preset, tuple(fields)))
