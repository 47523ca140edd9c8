"""The user's own pictures."""

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.api import Collection, Context, Dataset, FacePoints, field
from bench.data import openface
from bench.data.alignment import ALIGNED_POINTS, aligned
from bench.data.image_files import SUFFIXES, decoded
from bench.data.protocols import check_protocol, new_image_ids
from bench.data.synthetic.pictures import ATTRIBUTES
from bench.faces import MISSING, Array, Faces, Target
from bench.registry import register

Row = Mapping[str, str]  # a line of the manifest: text by column


@register("folder")
@dataclass(frozen=True)
class Folder(Dataset):
    """Your own pictures: a folder per person, or a CSV with `path`, `identity` and other labels.

    With `manifest`, paths are relative to `root`; every further column is a label whose values are
    its classes (an empty cell: missing), and `take` names the sitting of each picture.
    Without it, each sub-folder of `root` is a person and each picture a take. A column with the
    name of one of the ten attributes of `synthetic` holds numbers, 0 to 1; `openface` provides nine
    of them (all but `male`, which needs a column).

    Source: ours.
    """

    root: str = field(".", about="folder of the pictures", at="path")
    manifest: str = field("", about="CSV file; relative to root", at="path")
    openface: str = field("", about="OpenFace's CSV, or a folder of them; as manifest", at="path")
    confidence: float = field(0.8, about="lowest OpenFace confidence that counts, 0 to 1")
    size: int = field(64, about="side of a picture, px")
    crop: float = field(1.0, about="side of the centred square, as a fraction of the shorter side")
    align: bool = field(False, about="align faces by MTCNN's landmarks")
    seed: int = field(0, about="changes the split")
    protocol: str = field("open", about="how pictures are split: closed, closed-paper, open")

    def __post_init__(self) -> None:
        check_protocol(self.protocol)
        if not 0 < self.crop <= 1:
            raise ValueError(f"expected crop between 0 and 1, got {self.crop}")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"expected confidence between 0 and 1, got {self.confidence}")

    @property
    def targets(self) -> tuple[Target, ...]:
        """Identity, the manifest's other columns, and OpenFace's labels.

        Raises:
            ValueError: if manifest and OpenFace provide the same label.
        """
        columns = self._table()[0] if self.manifest else ["path", "identity"]
        attributes = openface.LABELS if self.openface else ()
        if both := sorted(set(columns) & set(attributes)):
            raise ValueError(
                f"{self.manifest} and {self.openface} both provide {both}; drop a column"
            )
        names = [name for name in (*columns, *attributes) if name not in ("path", "take")]
        return tuple(Target(n, "continuous" if n in ATTRIBUTES else "categorical") for n in names)

    @property
    def face_points(self) -> FacePoints:
        """Those of aligned pictures; else unknown."""
        return ALIGNED_POINTS if self.align else ()

    def files(self) -> Sequence[Path]:
        """The CSV files, if there are any, and the pictures."""
        entries = self._entries()
        tables = [self._root / self.manifest] if self.manifest else []
        if self.openface:
            tables += openface.files(self._root / self.openface, self._names(entries))
        return [*tables, *(path for path, _ in entries)]

    def load(self, context: Context) -> Collection:
        """The pictures in the order of the manifest or of their names."""
        entries = self._entries()
        paths, rows = [path for path, _ in entries], [row for _, row in entries]
        labels, classes = _labels(rows)
        if self.openface:
            source, names = self._root / self.openface, self._names(entries)
            labels |= openface.attributes(source, names, self.confidence)
        if (labels["identity"] == MISSING).any():
            raise ValueError(f"every row of {self.manifest} needs an identity; fill the column")
        cut = (paths, self.size, self.crop, (0.5, 0.5))
        images = aligned(*cut, context.device) if self.align else decoded(*cut)
        faces = Faces(images, labels, new_image_ids(len(images), self.name))
        targets = (replace(t, classes=classes.get(t.name, ())) for t in self.targets)
        return Collection(faces, tuple(targets))

    @property
    def _root(self) -> Path:
        return Path(self.root).expanduser()

    def _names(self, entries: Sequence[tuple[Path, Row]]) -> list[str]:
        """Paths of the pictures, relative to `root`."""
        return [Path(os.path.relpath(path, self._root)).as_posix() for path, _ in entries]

    def _entries(self) -> list[tuple[Path, Row]]:
        """Each picture's file with its labels as text."""
        root = self._root
        if not root.is_dir():
            raise FileNotFoundError(f"folder:root= expects a folder, found none at {root}")
        if self.manifest:
            entries = [(root / row["path"], row) for row in self._table()[1]]
        else:
            found = sorted(p for p in root.glob("*/*") if p.suffix.lower() in SUFFIXES)
            entries = [(path, {"identity": path.parent.name}) for path in found]
        if not entries:
            raise FileNotFoundError(
                f"no pictures in {root}: put each person's into a folder of their own, or name a "
                "CSV with the columns path and identity (folder:root=...,manifest=...)"
            )
        if absent := [path for path, _ in entries if not path.is_file()]:
            raise FileNotFoundError(
                f"{self.manifest} lists {len(absent)} missing pictures, e.g. {absent[0]}; "
                "restore them or remove their lines"
            )
        return entries

    def _table(self) -> tuple[list[str], Sequence[Row]]:
        """Columns and rows of the manifest."""
        path = self._root / self.manifest
        if not path.is_file():
            raise FileNotFoundError(f"folder:manifest= expects a CSV file, found none at {path}")
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = list(reader.fieldnames or [])
            if not {"path", "identity"} <= set(columns):
                raise ValueError(f"{path} needs the columns path and identity, got {columns}")
            rows = list(reader)
        for line, row in enumerate(rows, start=2):
            if None in row or None in row.values():
                raise ValueError(f"expected {len(columns)} cells in line {line} of {path}; fix it")
        if len({row["path"] for row in rows}) < len(rows):
            raise ValueError(f"{path} lists a picture twice; keep one line for each")
        return columns, rows


def _labels(rows: Sequence[Row]) -> tuple[dict[str, Array], dict[str, tuple[str, ...]]]:
    """All columns but `path` as labels, (N,) each, and the classes of the categorical ones."""
    labels: dict[str, Array] = {}
    classes: dict[str, tuple[str, ...]] = {}
    for name in (column for column in rows[0] if column != "path"):
        values = [row[name] for row in rows]
        if name in ATTRIBUTES:
            labels[name] = _fractions(name, values)
            continue
        if name == "take":  # unique over people; without a value, the picture is its own take
            values = [f"{row['identity']}/{row['take'] or row['path']}" for row in rows]
        classes[name] = tuple(sorted({value for value in values if value}))
        number = {value: i for i, value in enumerate(classes[name])} | {"": MISSING}
        labels[name] = np.array([number[value] for value in values], np.int64)
    return labels, classes


def _fractions(name: str, values: Sequence[str]) -> Array:
    """A column of numbers, float32 (N,), 0..1; nan where a cell is empty."""
    try:
        numbers = np.array([float(value or "nan") for value in values], np.float32)
    except ValueError as error:
        raise ValueError(f"expected numbers from 0 to 1 in column {name}: {error}") from error
    if ((numbers < 0) | (numbers > 1)).any():
        span = f"{np.nanmin(numbers):g} to {np.nanmax(numbers):g}"
        raise ValueError(f"expected numbers from 0 to 1 in column {name}, got {span}; scale them")
    return numbers
