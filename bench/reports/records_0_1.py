"""Reads records.csv of 0.1, which has one file and its names."""

from collections.abc import Iterable, Mapping
from functools import cache
from math import nan
from typing import Any

from bench import threats
from bench.registry import KINDS, current
from bench.reports.records import Record
from bench.spec import Spec

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
    return str(current(kind, spec) if kind in KINDS else threats.current(spec))
