"""Attributes of real pictures, read from the output of OpenFace 2."""

import math
import os
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.data.csv_files import Line, fault, number_or_nan, read_lines
from bench.data.synthetic.pictures import POSE_RANGES

POSE = {"yaw": "pose_Ry", "pitch": "pose_Rx", "roll": "pose_Rz"}
UNITS = {f"AU{n}": f"AU{n:02}_r" for n in (4, 5, 6, 7, 12, 23)}
LABELS = (*POSE, *UNITS)
MAX_INTENSITY = 5.0  # of an action unit in OpenFace
NEEDED = ("confidence", *POSE.values(), *UNITS.values())

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
    found = _best_lines(source, names)
    sure = [name for name in names if name in found and _sure(found[name], min_confidence)]
    _check_numbers([found[name] for name in sure], NEEDED)
    known = {name: _labels(found[name]) for name in sure}
    if unsure := [name for name in names if name not in known]:
        warnings.warn(
            f"{len(unsure)} of {len(names)} pictures have no attributes, e.g. {unsure[0]}: "
            f"OpenFace found no face, or its confidence is below {min_confidence:g}; labels are "
            "missing",
            stacklevel=2,
        )
    missing = [math.nan] * len(LABELS)
    values = np.array([known.get(name, missing) for name in names], np.float32)
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


def _best_lines(source: Path, names: Sequence[str]) -> Mapping[str, Line]:
    """The line with the highest confidence of each picture that has one."""
    present, best = set(files(source, names)), dict[str, Line]()
    if source.is_dir():
        listed = [(name, path) for name in names if (path := _csv_of(source, name)) in present]
        lines = [(name, line) for name, path in listed for line in _lines(path)]
    else:
        lines = [(os.path.normpath(line.cells["path"]), line) for line in _lines(source, "path")]
    for name, line in lines:
        if name not in best or number_or_nan(line.cells["confidence"]) > number_or_nan(
            best[name].cells["confidence"]
        ):
            best[name] = line
    if not set(best) & set(names):
        expected = _csv_of(source, names[0]) if source.is_dir() else f"path {names[0]!r}"
        raise ValueError(
            f"{source} matches none of the {len(names)} pictures; expected e.g. {expected}"
        )
    return best


def _lines(path: Path, *more: str) -> list[Line]:
    columns, lines = read_lines(path)
    needed = [*more, *NEEDED, *["success"] * ("frame" in columns)]  # of sequences, not of pictures
    if absent := [name for name in needed if name not in columns]:
        raise ValueError(f"{path} lacks columns {absent}; run OpenFace with -pose -aus")
    if bad := [line for line in lines if not line.cells]:
        raise ValueError(fault(bad, f"expected {len(columns)} cells", "run OpenFace again"))
    _check_numbers(lines, [name for name in needed if name in ("confidence", "success")])
    return lines


def _check_numbers(lines: Sequence[Line], columns: Sequence[str]) -> None:
    for name in columns:
        if bad := [line for line in lines if not math.isfinite(number_or_nan(line.cells[name]))]:
            problem = f"expected a number in OpenFace's {name}, got {bad[0].cells[name]!r}"
            raise ValueError(fault(bad, problem, "fix the file, or remove the line"))


def _sure(line: Line, min_confidence: float) -> bool:
    """Whether there is a face that is known well enough."""
    found = "success" not in line.cells or number_or_nan(line.cells["success"]) != 0
    return found and number_or_nan(line.cells["confidence"]) >= min_confidence


def _labels(line: Line) -> list[float]:
    """In the order of LABELS."""
    angles = [
        -math.degrees(number_or_nan(line.cells[column])) / POSE_RANGES[n]
        for n, column in POSE.items()
    ]
    values = [0.5 + angle / 2 for angle in angles]
    values += [number_or_nan(line.cells[column]) / MAX_INTENSITY for column in UNITS.values()]
    return [min(max(value, 0.0), 1.0) for value in values]


def _csv_of(source: Path, name: str) -> Path:
    return (source / name).with_suffix(".csv")
