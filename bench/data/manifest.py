"""The pictures of a folder and their labels as text: from a manifest, or from folders' names."""

import os
import unicodedata
from collections.abc import Collection, Sequence
from itertools import compress
from pathlib import Path

import numpy as np

from bench.data.csv_files import Line, fault, number_or_nan, read_lines
from bench.data.image_files import pictures_in
from bench.data.synthetic.pictures import ATTRIBUTES
from bench.faces import MISSING, Array

Entry = tuple[Path, Line]  # a picture and its line of the manifest; or its path and identity


def table_of(manifest: Path) -> tuple[list[str], list[Line]]:
    """Columns and lines of a manifest.

    Raises:
        FileNotFoundError: if there is none.
        ValueError: if it lacks a column or a cell, or is not a CSV file.
    """
    if not manifest.is_file():
        raise FileNotFoundError(f"folder:manifest= expects a CSV file, found none at {manifest}")
    columns, lines = read_lines(manifest)
    if not {"path", "identity"} <= set(columns):
        raise ValueError(f"{manifest} needs the columns path and identity, got {columns}")
    if bad := [line for line in lines if not line.cells]:
        raise ValueError(fault(bad, f"expected {len(columns)} cells", "fix it"))
    for name in ("path", "identity"):
        if bad := [line for line in lines if not line.cells[name]]:
            raise ValueError(fault(bad, f"it needs a cell in column {name}", "fill it"))
    return columns, lines


def listed(root: Path, manifest: Path, *, outside: bool) -> list[Entry]:
    """The pictures that a manifest lists, in its order.

    Raises:
        FileNotFoundError: if the manifest or a picture is missing.
        ValueError: if a line is wrong; if a picture is listed twice, or `outside` of the root.
    """
    entries = [(root / line.cells["path"], line) for line in table_of(manifest)[1]]
    if bad := [line for path, line in entries if not os.path.isfile(path)]:  # never raises
        advice = "restore it or remove the line"
        raise FileNotFoundError(fault(bad, f"expected a picture in {root}, found none", advice))
    _check_places(root, entries, outside=outside)
    return entries


def found(root: Path, known: Collection[Path], *, outside: bool) -> list[Entry]:
    """The pictures in the folder of each person, by name; for errors and `known`: `pictures_in`."""
    entries = []
    for path in pictures_in(root, 2, known):
        cells = {"path": path.relative_to(root).as_posix(), "identity": path.parent.name}
        entries.append((path, Line(path, 0, cells)))
    _check_places(root, entries, outside=outside)
    return entries


def labels_of(lines: Sequence[Line]) -> tuple[dict[str, Array], dict[str, tuple[str, ...]]]:
    """All columns but `path` as labels, (N,) each, and the classes of the categorical ones.

    Raises:
        ValueError: if a column called as an attribute does not hold numbers from 0 to 1.
    """
    labels: dict[str, Array] = {}
    classes: dict[str, tuple[str, ...]] = {}
    for name in (column for column in lines[0].cells if column != "path"):
        if name in ATTRIBUTES:
            labels[name] = _fractions(name, lines)
        elif name == "take":
            labels[name] = _takes(lines)
        else:
            values = [_class_name(line.cells[name]) for line in lines]
            classes[name] = tuple(sorted({value for value in values if value}))
            number = {value: i for i, value in enumerate(classes[name])} | {"": MISSING}
            labels[name] = np.array([number[value] for value in values], np.int64)
    return labels, classes


def _class_name(text: str) -> str:
    """One spelling of blanks and accents (systems differ); bytes of unknown encoding as text."""
    known = text.encode(errors="surrogateescape").decode(errors="backslashreplace")
    return unicodedata.normalize("NFC", " ".join(known.split()))


def _takes(lines: Sequence[Line]) -> Array:
    """A number for each take of each person, (N,); without a cell, the picture is its own take."""
    keys = []
    for cells in (line.cells for line in lines):
        person, take = _class_name(cells["identity"]), _class_name(cells["take"])
        keys.append((person, take, "" if take else cells["path"]))
    ordered = sorted(set(keys), key=lambda key: (f"{key[0]}/{key[1] or key[2]}", key))
    number = {key: i for i, key in enumerate(ordered)}
    return np.array([number[key] for key in keys], np.int64)


def _fractions(name: str, lines: Sequence[Line]) -> Array:
    """A column of numbers, float32 (N,), 0..1; nan where a cell is empty."""
    cells = [line.cells[name] for line in lines]
    numbers = np.array([number_or_nan(cell) for cell in cells], np.float32)
    wrong = ~((numbers >= 0) & (numbers <= 1)) & np.array([*map(bool, cells)])
    if bad := list(compress(lines, wrong)):
        problem = f"expected a number from 0 to 1 in column {name}, got {bad[0].cells[name]!r}"
        raise ValueError(fault(bad, problem, "scale the column, or give it another name"))
    return numbers


def _check_places(root: Path, entries: Sequence[Entry], *, outside: bool) -> None:
    """Raises ValueError if a picture is there twice, or not in the root."""
    inside, lines = os.path.realpath(root).rstrip(os.sep) + os.sep, [line for _, line in entries]
    real = [os.path.realpath(path) for path, _ in entries]
    if not outside and (bad := list(compress(lines, (not p.startswith(inside) for p in real)))):
        problem = f"the picture is not in {root}, but at {real[lines.index(bad[0])]}"
        raise ValueError(fault(bad, problem, "move it, or set folder:outside=true"))
    first: dict[str, Line] = {}
    earlier = [first.setdefault(path, line) for path, line in zip(real, lines, strict=True)]
    if twice := [(a, b) for a, b in zip(earlier, lines, strict=True) if a is not b]:
        problem = f"it is the same picture as {twice[0][0]}"
        raise ValueError(fault([line for _, line in twice], problem, "keep one of them"))
