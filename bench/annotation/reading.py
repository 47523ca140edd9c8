"""Reads labels and keys; what cannot be used is told by file and line."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

LONG = ("labeler", "question", "image", "version", "label")
SENT_BACK = ("labeler", "picture", "label")  # by the page
MTURK = ("WorkerId", "Input.picture")
YES, NO = frozenset({"yes", "1", "true"}), frozenset({"no", "0", "false"})

Key = Mapping[str, Mapping[str, str]]  # picture to its line of the key table


class Label(NamedTuple):
    """One answer; `seconds` it took, or nan."""

    labeler: str
    question: str
    image: str
    version: str
    label: str
    seconds: float = float("nan")


class Bad(NamedTuple):
    """A line that was not used, and why."""

    file: str
    line: int
    reason: str


class Reading(NamedTuple):
    """What all files hold."""

    labels: list[Label]
    bad: list[Bad]


class _Unusable(Exception):
    """Why a line cannot be used."""


def read_key(paths: Iterable[Path]) -> Key:
    """The lines of key tables by picture.

    Raises:
        ValueError: if a table lacks a column, or two tell of one picture.
    """
    key: dict[str, Mapping[str, str]] = {}
    for path in paths:
        for line, row in _rows(path, ("picture", "question", "image", "version")):
            if None in row or None in row.values() or row["picture"] in key:
                raise ValueError(f"{path}:{line}: a cell too many or few, or a picture told twice")
            key[row["picture"]] = row
    return key


def read_labels(paths: Sequence[Path], key: Key) -> Reading:
    """All labels; of one that is given twice, the first.

    A file is a result file of the page, a batch of Mechanical Turk, or a long table with the
    columns LONG. 1 and true are `yes`, 0 and false `no`; case does not count.

    Raises:
        ValueError: if a file has the columns of none of these, or no line can be used.
    """
    found: dict[tuple[str, ...], tuple[Label, str]] = {}
    bad: list[Bad] = []
    for path in paths:
        for line, row in _rows(path, LONG, SENT_BACK, MTURK):
            try:
                label = _label(row, key)
                if (first := found.get(label[:4])) is not None:
                    raise _Unusable(f"{label.labeler} has answered this at {first[1]}")
                found[label[:4]] = label, f"{path.name}:{line}"
            except _Unusable as error:
                bad.append(Bad(path.name, line, str(error)))
    if not found:
        told = "; ".join(f"{one.file}:{one.line}: {one.reason}" for one in bad[:3])
        raise ValueError(f"no label can be used in {[path.name for path in paths]}: {told}")
    return Reading([label for label, _ in found.values()], bad)


def _rows(path: Path, *wanted: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Lines of a CSV with their numbers."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        columns = set(reader.fieldnames or ())
        if not any(set(names) <= columns for names in wanted):
            choice = " or ".join(", ".join(names) for names in wanted)
            raise ValueError(f"{path} has the columns {sorted(columns)}; wanted are {choice}")
        for row in reader:
            yield reader.line_num, row


def _label(row: Mapping[str, str], key: Key) -> Label:
    if None in row or None in row.values():
        raise _Unusable("it has a cell too many or too few")
    if MTURK[0] in row:
        row = _of_mturk(row)
    if "picture" in row:
        if row["picture"] not in key:
            raise _Unusable(f"picture {row['picture']!r} is in no key table (--key)")
        row = {**row, **{name: key[row["picture"]][name] for name in LONG[1:4]}}
    if empty := [name for name in LONG if not row[name].strip()]:
        raise _Unusable(f"empty: {', '.join(empty)}")
    said = row["label"].strip().lower()
    said = "yes" if said in YES else "no" if said in NO else said
    labeler, question, image, version = (row[name].strip() for name in LONG[:4])
    return Label(labeler, question, image, version, said, _seconds(row.get("seconds", "")))


def _of_mturk(row: Mapping[str, str]) -> dict[str, str]:
    """A line of a batch; radio buttons come as one column, or as one of true and false each."""
    if row.get("AssignmentStatus") == "Rejected":
        raise _Unusable("the assignment was rejected")
    ticked = [n for n in ("yes", "no") if row.get(f"Answer.label.{n}", "").lower() == "true"]
    said = row.get("Answer.label") or (ticked[0] if len(ticked) == 1 else "")
    seconds = row.get("WorkTimeInSeconds", "")
    picture = row["Input.picture"].strip()
    return {"labeler": row["WorkerId"], "picture": picture, "label": said, "seconds": seconds}


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
