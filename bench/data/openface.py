"""Attributes of real pictures, read from the output of OpenFace 2."""

import csv
import math
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.data.synthetic.pictures import POSE_RANGES

POSE = {"yaw": "pose_Ry", "pitch": "pose_Rx", "roll": "pose_Rz"}
UNITS = {f"AU{n}": f"AU{n:02}_r" for n in (4, 5, 6, 7, 12, 23)}
LABELS = (*POSE, *UNITS)
MAX_INTENSITY = 5.0  # of an action unit in OpenFace

Line = Mapping[str, str]
Floats = NDArray[np.float32]


def attributes(source: Path, names: Sequence[str], min_confidence: float) -> Mapping[str, Floats]:
    """The labels in `LABELS` on the scale of `synthetic`, float32, (N,), 0..1.

    OpenFace's angles are radians, positive down, to the person's own right and clockwise as seen;
    labels map -range..range of `POSE_RANGES` to 0..1, positive up, to the right as seen and
    counter-clockwise. Intensities 0..5 become 0..1. Values beyond are clipped. Of several faces,
    the one with the highest confidence counts. All labels of a picture are nan (and a warning
    counts such pictures) if it has no face, if `success` is 0, or if its confidence is too low.

    Args:
        source: a CSV file with a column `path` beside OpenFace's; or a folder that holds a file
            NAME.csv for each picture NAME.png, as `FaceLandmarkImg` writes it.
        names: of the pictures, as in the column `path` or, but for the suffix, in the folder.
        min_confidence: 0..1.

    Raises:
        FileNotFoundError: if the source does not exist.
        ValueError: if columns are missing, no picture is listed, or a cell is not a number.

    Source: Baltrusaitis et al., OpenFace 2.0, FG 2018; columns, signs and units by its wiki and its
    code (R = Rx Ry Rz; x right, y down, z away from the camera). Single pictures have no column
    `success`.
    """
    lines = _best_lines(source, names)
    values = np.array([_labels(line, min_confidence) for line in lines], np.float32)
    unsure = np.isnan(values[:, 0])
    if unsure.any():
        warnings.warn(
            f"{unsure.sum()} of {len(names)} pictures have no attributes, e.g. "
            f"{names[int(unsure.argmax())]}: OpenFace found no face, or its confidence is below "
            f"{min_confidence:g}; labels are missing",
            stacklevel=2,
        )
    return dict(zip(LABELS, values.T.copy(), strict=True))


def files(source: Path, names: Sequence[str]) -> list[Path]:
    """The CSV files to read.

    Raises:
        FileNotFoundError: if the source does not exist.
        ValueError: if two pictures would share a file.
    """
    if not source.exists():
        raise FileNotFoundError(f"openface= expects a CSV file or a folder, found none at {source}")
    if not source.is_dir():
        return [source]
    stems = Counter(str(Path(name).with_suffix("")) for name in names)
    if shared := sorted(stem for stem, n in stems.items() if n > 1):
        raise ValueError(f"several pictures are called {shared[0]}; give one CSV with their paths")
    return [path for name in names if (path := _csv_of(source, name)).is_file()]


def _best_lines(source: Path, names: Sequence[str]) -> list[Line]:
    """Each picture's line with the highest confidence; empty without a face."""
    present, found = set(files(source, names)), dict[str, Line]()
    if source.is_dir():
        listed = [(name, path) for name in names if (path := _csv_of(source, name)) in present]
        lines = [(name, line) for name, path in listed for line in _lines(path)]
    else:
        lines = [(line["path"], line) for line in _lines(source, "path")]
    for name, line in lines:
        if name not in found or _number(line, "confidence") > _number(found[name], "confidence"):
            found[name] = line
    if not set(found) & set(names):
        expected = _csv_of(source, names[0]) if source.is_dir() else f"path {names[0]!r}"
        raise ValueError(
            f"{source} matches none of the {len(names)} pictures; expected e.g. {expected}"
        )
    return [found.get(name, {}) for name in names]


def _lines(path: Path, *more: str) -> Iterator[Line]:
    """The lines of a file, without the blanks that OpenFace puts after commas."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        columns = [name.strip() for name in reader.fieldnames or []]
        needed = [*more, "confidence", *POSE.values(), *UNITS.values()]
        needed += ["success"] * ("frame" in columns)  # of a sequence, not of single pictures
        if absent := [name for name in needed if name not in columns]:
            raise ValueError(f"{path} lacks columns {absent}; run OpenFace with -pose -aus")
        reader.fieldnames = columns
        yield from reader


def _labels(line: Line, min_confidence: float) -> list[float]:
    """In the order of LABELS; nan if no face is known, or not well enough."""
    found = bool(line) and ("success" not in line or _number(line, "success") != 0)
    if not found or _number(line, "confidence") < min_confidence:
        return [math.nan] * len(LABELS)
    angles = [-math.degrees(_number(line, column)) / POSE_RANGES[n] for n, column in POSE.items()]
    values = [0.5 + angle / 2 for angle in angles]
    values += [_number(line, column) / MAX_INTENSITY for column in UNITS.values()]
    return [min(max(value, 0.0), 1.0) for value in values]


def _number(line: Line, column: str) -> float:
    try:
        number = float(line[column])
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(
            f"expected a number in OpenFace's {column}, got {line[column]!r}; fix the file"
        )
    return number


def _csv_of(source: Path, name: str) -> Path:
    return (source / name).with_suffix(".csv")
