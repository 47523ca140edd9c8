"""Reads labels and keys; lists the lines that cannot be used."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.data.csv_files import Line, number_or_nan, read_lines

LONG = ("labeler", "question", "image", "version", "label")
RESULT_FILE = ("labeler", "picture", "label")  # of the page
MTURK = ("WorkerId", "Input.picture")
SPELLINGS = {"1": "yes", "true": "yes", "0": "no", "false": "no"}

Key = Mapping[str, Mapping[str, str]]  # picture to its line of the key table


class Label(NamedTuple):
    """One label and the time that it took, nan if unknown."""

    labeler: str
    question: str
    image: str
    version: str
    label: str
    seconds: float = float("nan")


class BadLine(NamedTuple):
    """A line that was not used, and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


def read_key(paths: Iterable[Path]) -> Key:
    """The lines of key tables by picture.

    Raises:
        ValueError: if a table lacks a column, or a picture has two lines.
    """
    key: dict[str, Mapping[str, str]] = {}
    for path in paths:
        for _, line, row in _lines(path, ("picture", "question", "image", "version")):
            if not row or row["picture"] in key:
                raise ValueError(
                    f"{path}:{line}: expected one cell per column and one line per picture; fix it"
                )
            key[row["picture"]] = row
    return key


def read_labels(paths: Sequence[Path], key: Key) -> tuple[list[Label], list[BadLine]]:
    """All labels, if one is given twice, the first; and the lines that were not used.

    A file is a result file of the page, a batch of Mechanical Turk, or a long table with the
    columns LONG. 1 and true mean `yes`, 0 and false `no`; case is ignored.

    Raises:
        ValueError: if a file has other columns, or no line can be used.
    """
    found: dict[tuple[str, ...], tuple[Label, str]] = {}
    bad: list[BadLine] = []
    for path in paths:
        for _, line, row in _lines(path, LONG, RESULT_FILE, MTURK):
            try:
                label = _label(row, key)
                if (first := found.get(label[:4])) is not None:
                    raise ValueError(f"{label.labeler} labelled this already at {first[1]}")
                found[label[:4]] = label, f"{path.name}:{line}"
            except ValueError as error:
                bad.append(BadLine(path.name, line, str(error)))
    if not found:
        names, reasons = [path.name for path in paths], "; ".join(map(str, bad[:3]))
        raise ValueError(f"expected labels in {names}, found no line to use: {reasons}")
    return [label for label, _ in found.values()], bad


def _lines(path: Path, *expected: tuple[str, ...]) -> list[Line]:
    """Lines of a CSV that has the columns of one kind of file."""
    columns, lines = read_lines(path)
    if not any(set(names) <= set(columns) for names in expected):
        choice = " or ".join(", ".join(names) for names in expected)
        raise ValueError(f"{path}: expected the columns {choice}; got {sorted(columns)}")
    return lines


def _label(row: Mapping[str, str], key: Key) -> Label:
    """The label of a line; a ValueError with the reason if the line cannot be used."""
    if not row:
        raise ValueError("it has too many or too few cells")
    if MTURK[0] in row:
        row = _of_mturk(row)
    if "picture" in row:
        if row["picture"] not in key:
            raise ValueError(f"picture {row['picture']!r} is not in a key table (--key)")
        row = {**row, **{name: key[row["picture"]][name] for name in LONG[1:4]}}
    if empty := [name for name in LONG if not row[name]]:
        raise ValueError(f"empty: {', '.join(empty)}")
    labeler, question, image, version, label = (row[name] for name in LONG)
    label = SPELLINGS.get(label.lower(), label.lower())
    seconds = number_or_nan(row.get("seconds", ""))
    return Label(labeler, question, image, version, label, seconds)


def _of_mturk(row: Mapping[str, str]) -> dict[str, str]:
    """A line of a batch; radio buttons come as one column, or as one of true and false each."""
    if row.get("Reject") or row.get("AssignmentStatus") == "Rejected":
        raise ValueError("the assignment was rejected")
    ticked = [n for n in ("yes", "no") if row.get(f"Answer.label.{n}", "").lower() == "true"]
    label = row.get("Answer.label") or (ticked[0] if len(ticked) == 1 else "")
    seconds = row.get("WorkTimeInSeconds", "")
    picture = row["Input.picture"]
    return {"labeler": row["WorkerId"], "picture": picture, "label": label, "seconds": seconds}
