"""CSV files: read whoever wrote them; written so that spreadsheets run nothing in them."""

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.tables import plain

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class Line(NamedTuple):
    """A line of a file."""

    file: Path
    number: int  # from 1; of a line that breaks within a cell, where it ends; 0: the whole file
    cells: Mapping[str, str]  # by column, stripped; empty if there are too many or too few

    def __str__(self) -> str:
        return f"{self.file}, line {self.number}" if self.number else str(self.file)


def read_lines(path: Path) -> tuple[list[str], list[Line]]:
    """Columns and lines of a file in UTF-8, or in UTF-16 with its byte order mark.

    Raises:
        ValueError: if it is not such a file, or a column has no name or that of another.
    """
    reader = csv.reader(io.StringIO(text_of(path), newline=""), skipinitialspace=True, strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    except csv.Error as error:
        raise ValueError(
            f"{path}, line {reader.line_num}: expected CSV, got {error}; is a quote not closed?"
        ) from error
    columns = [plain(name).strip() for name in rows[0][1]] if rows else []
    if wrong := sorted({name for name in columns if not name or columns.count(name) > 1}):
        raise ValueError(f"{path}: expected a name of its own for each column, got {wrong}; fix it")
    lines = []
    for number, row in rows[1:]:
        cells = zip(columns, (plain(cell).strip() for cell in row), strict=False)
        lines.append(Line(path, number, dict(cells) if len(row) == len(columns) else {}))
    return columns, lines


def fault(lines: Sequence[Line], problem: str, advice: str) -> str:
    """The message about lines that have the same problem: file, line, picture and person."""
    first, *others = lines
    who = ", ".join(
        first.cells[name][:80] for name in ("path", "identity") if first.cells.get(name)
    )
    more = f" (and {len(others)} more such lines)" if others else ""
    text = f"{first}{f' ({who})' if who else ''}: {problem[:300]}{more}; {advice}"
    return " ".join(text.split())  # cells may have line breaks


def number_or_nan(text: str) -> float:
    """The text as a number; nan if it is not one."""
    try:
        return float(text)
    except ValueError:
        return float("nan")


def text_of(path: Path) -> str:
    """The text of a file in UTF-8, or in UTF-16 with its byte order mark.

    Raises:
        ValueError: if it is in another encoding.
    """
    content = path.read_bytes()
    encoding = next((name for bom, name in _BOMS.items() if content.startswith(bom)), "utf-8")
    text, wrong, problem = content.decode(encoding, "replace"), "\0", "a NUL character"
    if wrong not in text:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            wrong, problem = "\ufffd", "another encoding, perhaps Windows-1252"
    bad = [i for i, line in enumerate(text.split("\n")) if wrong in line]
    line = content.decode("cp1252", "replace").split("\n")[bad[0]].strip()[:80]
    problem = f"expected text in UTF-8, got {problem}, in {line!r}"
    raise ValueError(fault([Line(path, i + 1, {}) for i in bad], problem, "save it as UTF-8"))
