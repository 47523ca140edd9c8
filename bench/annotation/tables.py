"""Tables of the analysis, as Markdown for people and as CSV for programs."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.answers import Estimate


class NotAvailable(NamedTuple):
    """A cell without a number, and why."""

    reason: str


class Percent(float):
    """A fraction that is shown as a percentage."""


Cell = Estimate | NotAvailable | float | int | str


class Table(NamedTuple):
    """One table.

    Attributes:
        name: of its file.
        title: what it shows, and about whom.
        columns: headings; an Estimate's column becomes three in CSV: NAME, NAME_low, NAME_high.
        rows: cells; Estimates are shares.
        note: how to read it.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    note: str = ""


def markdown(table: Table) -> str:
    """The table with its title and note; shares in percent."""
    lines = [f"### {table.title}", ""]
    if table.note:
        lines += [table.note, ""]
    lines += [_line(table.columns), _line(["---"] * len(table.columns))]
    lines += [_line([_shown(cell) for cell in row]) for row in table.rows]
    return "\n".join([*lines, *_reasons(table), ""])


def spread(table: Table) -> tuple[list[str], list[list[object]]]:
    """Columns and rows of the CSV: fractions, empty where n/a, and then the `reason`."""
    wide = [
        any(isinstance(row[i], Estimate) for row in table.rows) for i in range(len(table.columns))
    ]
    columns: list[str] = []
    for name, estimated in zip(table.columns, wide, strict=True):
        columns += [name, f"{name}_low", f"{name}_high"] if estimated else [name]
    rows = []
    for row in table.rows:
        cells: list[object] = []
        for cell, estimated in zip(row, wide, strict=True):
            cells += _plain(cell) if estimated else _plain(cell)[:1]
        reasons = dict.fromkeys(cell.reason for cell in row if isinstance(cell, NotAvailable))
        rows.append([*cells, "; ".join(reasons)])
    return [*columns, "reason"], rows


def write(table: Table, folder: Path) -> None:
    """NAME.csv and NAME.md in a folder."""
    write_csv(folder / f"{table.name}.csv", *spread(table))
    (folder / f"{table.name}.md").write_text(markdown(table), encoding="utf-8")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A CSV file; the same rows, the same bytes."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _plain(cell: Cell) -> list[object]:
    if isinstance(cell, Estimate):
        return [_digits(cell.value), _digits(cell.low), _digits(cell.high)]
    if isinstance(cell, NotAvailable):
        return ["", "", ""]
    return [_digits(cell) if isinstance(cell, float) else cell, "", ""]


def _digits(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6g}"


def _shown(cell: Cell) -> str:
    if isinstance(cell, Estimate):
        low, high = f"{100 * cell.low:.1f}", f"{100 * cell.high:.1f}"
        return f"{100 * cell.value:.1f}" + ("" if np.isnan(cell.low) else f" [{low}, {high}]")
    if isinstance(cell, NotAvailable):
        return "n/a"
    if isinstance(cell, Percent):
        return "" if np.isnan(cell) else f"{100 * cell:.1f} %"
    if isinstance(cell, float):
        return "" if np.isnan(cell) else f"{cell:.3g}"
    return str(cell)


def _reasons(table: Table) -> list[str]:
    """Why cells are n/a, each reason once."""
    found = [cell.reason for row in table.rows for cell in row if isinstance(cell, NotAvailable)]
    return ["", "n/a: " + "; ".join(dict.fromkeys(found))] if found else []


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
