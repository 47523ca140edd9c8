"""Boards: NAME.csv with one line per number, and NAME.json with what its labels and cells mean.

The JSON is a Frictionless data package (specs.frictionlessdata.io, version 1) with one more
property, `unmask`: full specs by label, tasks, cells, what has no number and why, and provenance.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import isfinite, isnan, nan
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from bench import threats
from bench.registry import KINDS, brief, current
from bench.reports.package import COLUMNS, as_json, package
from bench.reports.records import Record
from bench.spec import Spec
from bench.tables import inert, plain

SCHEMA_VERSION = 1
LONGEST_LABEL = 12  # of a spec with a field; longer ones are numbered
_TASK = {"task": "title", "data": "data", "protocol": "protocol", "learned_from": "learned_from"}
NUMBERS = {"value": 4, "low": 3, "high": 3, "chance": 4}  # with their decimals
_LABELLED = ("defense", "attacker", "threat")
_CELL = ("purpose", "target", *_LABELLED, "form", "seed", "share", "sign", "key", "marks")
_NOT_OURS = (  # what files raise that are not as bench wrote them
    *(LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, MemoryError),
    *(csv.Error, UnicodeError, json.JSONDecodeError),
)
_SPECS = {"data": "dataset", "defense": "defense", "attacker": "attacker", "threat": "threat"}
_WORDS = {
    "purpose": {"looks": "release"},
    "status": {"n/a": "skipped"},
    "metric": {"names_imposed": "names_target_identity"},
}
_REDUNDANT = "beyond_half"  # |AUC - 0.5|
_MISSING = ("position", "cell", "metric", "fits", "status", "verdict", "cleaned", "reason")


def write_board(
    records: Sequence[Record],
    csv_path: Path,
    provenance: Mapping[str, object],
    more: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Writes the CSV and its JSON, both or none; equal arguments give equal bytes.

    `more` are further entries of `unmask` in the JSON.
    Numbers keep four decimals, ends of intervals three. What has no number is only in the JSON,
    without n, n_people and chosen.
    """
    labels = {kind: _labels(kind, [getattr(r, kind) for r in records]) for kind in _LABELLED}
    cells, cell_of = _cells(records)
    content = _csv(records, cell_of, labels).encode()
    described = package(csv_path.name, content, "; ".join(dict.fromkeys(r.task for r in records)))
    if provenance.get("date"):
        described["created"] = provenance["date"]
    described["unmask"] = {
        "schema_version": SCHEMA_VERSION,
        "provenance": dict(provenance),
        **more,
        "labels": {kind: {v: k for k, v in found.items()} for kind, found in labels.items()},
        **_tables(records, cells, cell_of, labels),
    }
    written = {csv_path: content, csv_path.with_suffix(".json"): f"{as_json(described)}\n".encode()}
    drafts = {path: path.with_name(f".{path.name}.draft") for path in written}
    for path, draft in drafts.items():
        draft.write_bytes(written[path])
    for path, draft in drafts.items():
        draft.replace(path)


class Board(NamedTuple):
    """The records of a board or a run, and what its JSON tells of them (`unmask`)."""

    records: list[Record]
    about: Mapping[str, Any]


def read_records(path: str | Path) -> list[Record]:
    """The records of `read_board`."""
    return read_board(path).records


def read_board(path: str | Path) -> Board:
    """A board or a run, by the path of its CSV or JSON; of 0.1, by its only CSV.

    Raises:
        FileNotFoundError: if one of them is missing.
        ValueError: if they do not belong together, or another version wrote them.
    """
    table, described = Path(path).with_suffix(".csv"), Path(path).with_suffix(".json")
    content = table.read_bytes()
    try:
        lines = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
        if lines and "task" in lines[0]:
            return Board(_of_0_1(lines), {})
        about = _described(described, content)
        try:
            return Board(_records(lines, about), about)
        except ValueError as error:  # a number that is none
            raise TypeError(error) from error
    except _NOT_OURS as error:
        raise ValueError(
            f"expected {table.name} and {described.name} in {table.parent} as bench wrote them, "
            f"got {error!r:.300}; restore both files or run the grid again"
        ) from error


def _labels(kind: str, specs: Iterable[str]) -> dict[str, str]:
    """A short name for each spec: `san@quick`, `blur:sigma=0.03`, or numbered such as `cnn-2`."""
    variants: dict[str, list[tuple[str, Spec]]] = {}
    for text in dict.fromkeys(filter(None, specs)):
        spec = Spec.parse(text)
        short = brief(KINDS[kind], spec) if kind in KINDS else spec
        variants.setdefault(str(Spec(short.name, short.preset)), []).append((text, short))
    found: dict[str, str] = {}
    for name, group in variants.items():
        for number, (text, short) in enumerate(group, 1):
            label = name if len(group) == 1 or not short.fields else str(short)
            is_long = len(short.fields) > 1 or len(label) > LONGEST_LABEL
            if label in found.values() or (label != name and is_long):
                label = f"{name}-{number}"
            found[text] = label
    return found


def _of(record: Record, names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(getattr(record, name) for name in names)


def _cells(records: Sequence[Record]) -> tuple[list[Record], list[int]]:
    """A record of each cell, those with numbers first, and the cell number of each record."""
    cells: dict[tuple[object, ...], tuple[int, Record]] = {}
    with_numbers: dict[tuple[object, ...], tuple[object, ...]] = {}
    cell_of = [0] * len(records)
    for i in sorted(range(len(records)), key=lambda i: isnan(records[i].value)):
        record = records[i]
        common = _of(record, (*_TASK, *_CELL, "entry"))
        about = (*common, record.n_people, record.reason)
        if isnan(record.value):  # of a cell that has other numbers, or has none
            record = record._replace(n_people=0, reason="")
            about = with_numbers.get(common, common)
        with_numbers.setdefault(common, about)
        cell_of[i], _ = cells.setdefault(about, (len(cells), record))
    return [record for _, record in cells.values()], cell_of


def _tables(
    records: Sequence[Record],
    cells: Sequence[Record],
    cell_of: Sequence[int],
    labels: Mapping[str, Mapping[str, str]],
) -> dict[str, object]:
    """What the JSON holds of tasks, cells, and records without a number."""
    tasks = {task: i for i, task in enumerate(dict.fromkeys(_of(r, _TASK) for r in records))}
    reasons = {text: i for i, text in enumerate(dict.fromkeys(["", *(r.reason for r in records)]))}
    last = ["entry"] if any(r.entry for r in cells) else []  # only of published boards
    columns, rows = ["cell", "task", *_CELL, "n_people", "reason", *last], list[list[object]]()
    for number, r in enumerate(cells):
        named = [labels.get(name, {}).get(getattr(r, name), getattr(r, name)) for name in _CELL]
        about = (r.n_people, reasons[r.reason], *_of(r, last))
        rows.append([number, tasks[_of(r, _TASK)], *named, *about])
    missing = [
        [i, cell_of[i], r.metric, r.fits, r.status, r.verdict, r.cleaned, reasons[r.reason]]
        for i, r in enumerate(records)
        if isnan(r.value)
    ]
    return {
        "tasks": {i: dict(zip(_TASK.values(), task, strict=True)) for task, i in tasks.items()},
        "reasons": {i: reason for reason, i in reasons.items()},
        "cells": {"columns": columns, "rows": rows},
        "missing": {"columns": _MISSING, "rows": missing},
    }


def _csv(
    records: Sequence[Record], cell_of: Sequence[int], labels: Mapping[str, Mapping[str, str]]
) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(name for name, _, _ in COLUMNS)
    for r, cell in zip(records, cell_of, strict=True):
        if not isnan(r.value):
            named = [labels[kind].get(getattr(r, kind), "") for kind in _LABELLED]
            numbers = [digits(getattr(r, name), n) for name, n in NUMBERS.items()]
            last = (r.n, r.chosen, r.fits, r.status, inert(r.verdict), r.cleaned or "")
            first = (cell, r.purpose, inert(r.target), *named, inert(r.metric))
            writer.writerow([*first, *numbers, *last])
    return out.getvalue()


def digits(value: float, decimals: int) -> str:
    """So many decimals; below 0.01 digits, one fewer; .5 for 0.5, which makes boards smaller."""
    if not isfinite(value):
        return "" if isnan(value) else f"{value}".upper()  # INF, as Table Schema writes it
    if abs(value) < 0.01:
        return f"{value:.{decimals - 1}g}".replace("0.", ".", 1).replace("e", "E")
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def _described(path: Path, content: bytes) -> Mapping[str, Any]:
    """The property `unmask` of the JSON, if it is of this version and belongs to the CSV."""
    if not path.is_file():
        raise FileNotFoundError(f"expected {path} beside its CSV, got no such file; copy both")
    described = json.loads(path.read_text(encoding="utf-8"))
    unmask: Mapping[str, Any] = described["unmask"]
    if (found := unmask["schema_version"]) != SCHEMA_VERSION:
        raise ValueError(f"expected schema {SCHEMA_VERSION} in {path}, got {found}; update bench")
    expected, digest = described["resources"][0]["hash"], hashlib.sha256(content).hexdigest()
    if expected != f"sha256:{digest}":
        raise ValueError(
            f"expected the CSV that {path} describes ({expected}), got sha256:{digest}; restore "
            "both files or run the grid again"
        )
    return unmask


def _records(lines: Iterable[Mapping[str, str]], unmask: Mapping[str, Any]) -> list[Record]:
    cells = [_cell(row, unmask) for row in _rows(unmask["cells"])]
    found = []
    for line in lines:
        own: dict[str, Any] = {name: float(line[name] or nan) for name in NUMBERS}
        own |= {name: int(line[name] or 0) for name in ("n", "chosen", "fits", "cleaned")}
        own |= {name: plain(line[name]) for name in ("metric", "verdict", "status")}
        found.append(cells[int(line["cell"])]._replace(**own))
    for row in _rows(unmask["missing"]):  # by position
        row["reason"] = unmask["reasons"][str(row["reason"])]
        position, cell = row.pop("position"), cells[row.pop("cell")]
        found.insert(position, cell._replace(n_people=0, **row))
    return found


def _rows(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def _cell(row: Mapping[str, Any], unmask: Mapping[str, Any]) -> Record:
    """What the records of a cell have in common."""
    own: dict[str, Any] = dict.fromkeys(NUMBERS, nan)
    own |= {name: row[name] for name in (*_CELL, "n_people")} | {"entry": row.get("entry", 0)}
    own |= {kind: row[kind] and unmask["labels"][kind][row[kind]] for kind in _LABELLED}
    task = unmask["tasks"][str(row["task"])]
    own |= {name: task[key] for name, key in _TASK.items()}
    own["reason"] = unmask["reasons"][str(row["reason"])]
    return Record(**own, n=0, chosen=0, metric="", status="")


def _of_0_1(lines: Iterable[Mapping[str, str]]) -> list[Record]:
    """The records of the lines, with the names of today."""
    return [_record_of_0_1(line) for line in lines if line["metric"] != _REDUNDANT]


def _record_of_0_1(line: Mapping[str, str]) -> Record:
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
