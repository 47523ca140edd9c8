"""Tables with typed cells, and their text, Markdown, CSV and terminal forms."""

import csv
import html
import io
import re
from collections.abc import Iterable, Sequence
from math import isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

if TYPE_CHECKING:
    from rich.table import Table as RichTable

T = TypeVar("T")
Unit = Literal["percent", "fraction", "dB", "bits", "label"]
_FORMULA = re.compile(r"'*[=+\-@\t\n]")  # how a cell begins that a spreadsheet would run
_FORMATS = {"percent": "z.1f", "fraction": "z.2f", "dB": "z.1f", "bits": "z.2f"}  # z: no -0.0


class Number(NamedTuple):
    """A number with its interval; low and high are nan if there is none."""

    value: float
    low: float = nan
    high: float = nan
    unit: Unit = "percent"  # a fraction 0..1 that is shown times 100
    note: str = ""  # shown behind it

    def __str__(self) -> str:
        if isnan(self.value):
            return ""
        text = self._text(self.value)
        if not isnan(self.low):
            text += f" [{self._text(self.low)}, {self._text(self.high)}]"
        return f"{text} {self.note}".strip()

    def _text(self, value: float) -> str:
        shown = 100 * value if self.unit == "percent" else value
        return format(shown, _FORMATS.get(self.unit, ".3g"))


class NotAvailable(NamedTuple):
    """A cell without a number: the word in it, and the reason if the table should give it."""

    reason: str = ""
    status: str = "n/a"

    def __str__(self) -> str:
        return self.status


Cell = Number | NotAvailable | float | int | str


class Table(NamedTuple):
    """A table; its first column names the rows.

    The note explains how to read it; `name` is that of its file.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    name: str = ""

    def __str__(self) -> str:
        """The table as Markdown."""
        return markdown([self])

    def texts(self) -> list[list[str]]:
        """The cells as a person reads them."""
        return [[_text(cell) for cell in row] for row in self.rows]

    def _repr_html_(self) -> str:
        """The table as notebooks show it."""
        lines = [f"<h4>{html.escape(self.title)}</h4>", "<table>"]
        for row, tag in ((self.columns, "th"), *((row, "td") for row in self.texts())):
            cells = "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
            lines.append(f"<tr>{cells}</tr>")
        below = "; ".join([self.note, *(f"n/a: {reason}" for reason in self.reasons())])
        return "\n".join([*lines, "</table>", f"<p>{html.escape(below)}</p>"])

    def reasons(self) -> list[str]:
        """Why cells have no number, each reason once."""
        cells = (cell for row in self.rows for cell in row if isinstance(cell, NotAvailable))
        return list(dict.fromkeys(cell.reason for cell in cells if cell.reason))


def markdown(tables: Iterable[Table], note: str = "", level: int = 2) -> str:
    """The tables with their titles, notes and reasons, and a note at the end, as Markdown."""
    parts = []
    for table in tables:
        lines = [table.columns, ["---"] * len(table.columns), *table.texts()]
        below = [f"\nn/a: {escaped('; '.join(table.reasons()))}"] if table.reasons() else []
        above = [f"{table.note}\n"] if table.note else []
        title = f"{'#' * level} {escaped(table.title)}\n"
        parts.append("\n".join([title, *above, *map(_line, lines), *below]) + "\n")
    return "\n".join(parts) + (f"\n{note}\n" if note else "")


def terminal(table: Table) -> "RichTable":
    """The table as rich prints it."""
    from rich.table import Table as RichTable
    from rich.text import Text

    shown = RichTable(title=Text(table.title), title_justify="left")
    for number, heading in enumerate(table.columns):
        shown.add_column(Text(heading), justify="left" if number == 0 else "right")
    for row in table.texts():
        shown.add_row(*map(Text, row))
    return shown


def write_csv(path: Path, table: Table) -> None:
    """A CSV file; a column of Numbers becomes NAME, NAME_low, NAME_high; the last is `reason`.

    Fractions stay fractions; a cell without a number is empty.
    """
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.columns)
    ranges = [any(isinstance(c, Number) and not isnan(c.low) for c in column) for column in columns]
    widths = [3 if has_range else 1 for has_range in ranges]
    headings: list[str] = []
    for name, width in zip(table.columns, widths, strict=True):
        headings += [name, f"{name}_low", f"{name}_high"][:width]
    rows = []
    for row in table.rows:
        cells = [c for cell, width in zip(row, widths, strict=True) for c in _plain(cell)[:width]]
        reasons = dict.fromkeys(c.reason for c in row if isinstance(c, NotAvailable) and c.reason)
        rows.append([*cells, "; ".join(reasons)])
    write_rows(path, [*headings, "reason"], rows)


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A CSV file in which no cell is a formula; the same rows give the same bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(map(inert, row) for row in (columns, *rows))
    write_whole(path, text.getvalue())


def inert(cell: T) -> T | str:
    """The cell of a CSV file; if a spreadsheet would run it, with an apostrophe in front."""
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r", "\n")  # csv does not quote it, so it would end the line
    try:
        float(text)
    except ValueError:
        return f"'{text}" if _FORMULA.match(text) else text
    return text


def plain(text: str) -> str:
    """The text of a cell, without the apostrophe of `inert`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def escaped(text: str) -> str:
    """The text as one piece of a line of Markdown, without cells, links or HTML of its own."""
    shown = html.escape(" ".join(text.split()), quote=False).replace("\\", "\\\\")
    return shown.replace("|", "\\|").replace("](", "]\\(")


def write_whole(path: Path, text: str) -> None:
    """Writes a file so that it is whole or as it was before."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8", newline="")
    draft.replace(path)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(escaped, cells)) + " |"


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return "" if isnan(cell) else f"{cell:.3g}"
    return str(cell)


def _plain(cell: Cell) -> list[object]:
    if isinstance(cell, Number):
        return [_digits(end) for end in (cell.value, cell.low, cell.high)]
    if isinstance(cell, NotAvailable):
        return ["", "", ""]
    return [_digits(cell) if isinstance(cell, float) else cell, "", ""]


def _digits(value: float) -> str:
    return "" if isnan(value) else f"{value:.6g}"
