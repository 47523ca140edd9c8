"""Attributes of real pictures, as OpenFace 2 writes them."""

import csv
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.data.synthetic.pictures import POSE_RANGES

POSE = {"yaw": "pose_Ry", "pitch": "pose_Rx", "roll": "pose_Rz"}
UNITS = {f"AU{n}": f"AU{n:02}_r" for n in (4, 5, 6, 7, 12, 23)}
LABELS = (*POSE, *UNITS)
FULL = 5.0  # OpenFace's highest intensity of an action unit

Line = Mapping[str, str]
Floats = NDArray[np.float32]


def attributes(source: Path, names: Sequence[str], least: float) -> Mapping[str, Floats]:
    """Labels of `LABELS` in the units of `synthetic`, float32, (N,), 0..1.

    Angles are radians, positive down, to the person's own right and clockwise as seen; labels map
    -range..range of `POSE_RANGES` to 0..1, positive up, to the right as seen and counter-clockwise.
    Intensities 0..5 become 0..1. What lies beyond is clipped. Of several faces the surest counts.
    A picture without a face, with `success` 0 or a lower confidence than `least` has nan in all
    labels; how many there are is told by a warning.

    Args:
        source: a CSV file with a column `path` beside OpenFace's; or a folder which holds for each
            picture NAME.png a file NAME.csv, as `FaceLandmarkImg` writes it.
        names: of the pictures: what stands in `path`, or lies in the folder but for the suffix.
        least: confidence, 0..1, from which a face is believed.

    Raises:
        FileNotFoundError: if there is no source.
        ValueError: if it lacks columns, has none of the pictures, or a cell is no number.

    Source: Baltrusaitis et al., OpenFace 2.0, FG 2018; columns, signs and units by its wiki and its
    code (R = Rx Ry Rz; x right, y down, z away from the camera). Single pictures have no column
    `success`.
    """
    surest = _surest(source, names)
    sure = [_sure(line, least) for line in surest]
    if n_unsure := sure.count(False):
        example = names[sure.index(False)]
        warnings.warn(
            f"{n_unsure} of {len(names)} pictures have no attributes, e.g. {example}: OpenFace "
            f"found no face, or was less than {least:g} sure; their labels are missing",
            stacklevel=2,
        )
    nothing = [math.nan] * len(LABELS)
    values = [_labels(line) if ok else nothing for line, ok in zip(surest, sure, strict=True)]
    columns = np.array(values, np.float32).T  # (labels, N)
    return dict(zip(LABELS, columns.copy(), strict=True))


def files(source: Path, names: Sequence[str]) -> list[Path]:
    """The CSV files that are read.

    Raises:
        FileNotFoundError: if there is no source.
        ValueError: if two pictures would share a file.
    """
    if not source.exists():
        raise FileNotFoundError(f"openface= wants a CSV file or a folder of them, none at {source}")
    if not source.is_dir():
        return [source]
    stems = [Path(name).with_suffix("") for name in names]
    if shared := sorted(str(stem) for stem in set(stems) if stems.count(stem) > 1):
        raise ValueError(f"several pictures are called {shared[0]}; give one CSV with their paths")
    return [path for name in names if (path := _beside(source, name)).is_file()]


def _surest(source: Path, names: Sequence[str]) -> list[Line]:
    """The line of each picture's surest face; an empty one if there is none."""
    there, found = files(source, names), dict[str, Line]()
    if source.is_dir():
        listed = ((name, path) for name in names if (path := _beside(source, name)) in there)
        lines = [(name, line) for name, path in listed for line in _lines(path)]
    else:
        lines = [(line["path"], line) for line in _lines(source, "path")]
    for name, line in lines:
        if name not in found or _number(line, "confidence") > _number(found[name], "confidence"):
            found[name] = line
    if not set(found) & set(names):
        wanted = _beside(source, names[0]) if source.is_dir() else f"path {names[0]!r}"
        raise ValueError(
            f"{source} tells nothing of any of {len(names)} pictures; it needs e.g. {wanted}"
        )
    return [found.get(name, {}) for name in names]


def _lines(path: Path, *more: str) -> Iterator[Line]:
    """The lines of a file, with the blanks that OpenFace puts after commas taken away."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        columns = [name.strip() for name in reader.fieldnames or []]
        wanted = [*more, "confidence", *POSE.values(), *UNITS.values()]
        wanted += ["success"] * ("frame" in columns)  # of a sequence, not of single pictures
        if absent := [name for name in wanted if name not in columns]:
            raise ValueError(f"{path} lacks columns {absent}; run OpenFace with -pose -aus")
        reader.fieldnames = columns
        yield from reader


def _sure(line: Line, least: float) -> bool:
    if not line or ("success" in line and _number(line, "success") == 0):
        return False
    return _number(line, "confidence") >= least


def _labels(line: Line) -> list[float]:
    """In the order of LABELS."""
    angles = [-math.degrees(_number(line, column)) / POSE_RANGES[n] for n, column in POSE.items()]
    shares = [0.5 + angle / 2 for angle in angles]
    shares += [_number(line, column) / FULL for column in UNITS.values()]
    return [min(max(share, 0.0), 1.0) for share in shares]


def _number(line: Line, column: str) -> float:
    try:
        number = float(line[column])
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"OpenFace's {column} must be a number, got {line[column]!r}; mend it")
    return number


def _beside(source: Path, name: str) -> Path:
    return (source / name).with_suffix(".csv")
