"""Anybody's own pictures."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.api import Collection, Context, Dataset, field
from bench.data.alignment import aligned
from bench.data.pictures import decoded
from bench.data.protocols import check_protocol, new_rows
from bench.faces import MISSING, Array, Faces, Target
from bench.registry import register

SUFFIXES = {".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}


@register("folder")
@dataclass(frozen=True)
class Folder(Dataset):
    """Your own pictures: a folder per person, or a CSV with `path`, `identity` and other labels.

    With `manifest`, paths are relative to `root`; every further column is a label whose values are
    its classes (an empty cell: missing), and `take` says which pictures are of one sitting. Without
    it, each sub-folder of `root` is a person and each picture a take.

    Source: ours.
    """

    root: str = field(".", about="folder of the pictures", at="place")
    manifest: str = field("", about="CSV file; relative to root", at="place")
    size: int = field(64, about="side of a picture, px")
    crop: float = field(1.0, about="side of the square cut out of the middle, of the shorter side")
    align: bool = field(False, about="level faces and cut them out, as MTCNN finds them")
    seed: int = field(0, about="redraws the parts")
    protocol: str = field("open", about="who is asked about: closed, closed-paper, open")

    def __post_init__(self) -> None:
        check_protocol(self.protocol)
        if not 0 < self.crop <= 1:
            raise ValueError(f"crop is a fraction of the shorter side, 0 to 1, got {self.crop}")

    @property
    def asks(self) -> tuple[Target, ...]:
        """Identity, and the manifest's other columns."""
        columns = self._table()[0] if self.manifest else ["path", "identity"]
        return tuple(Target(name) for name in columns if name not in ("path", "take"))

    def files(self) -> Sequence[Path]:
        """The manifest, if there is one, and the pictures."""
        listed = [Path(self.root).expanduser() / self.manifest] if self.manifest else []
        return [*listed, *(path for path, _ in self._entries())]

    def load(self, context: Context) -> Collection:
        """The pictures in the order of the manifest or of their names."""
        entries = self._entries()
        paths = [path for path, _ in entries]
        columns = [name for name in entries[0][1] if name != "path"]
        labels: dict[str, Array] = {}
        targets: list[Target] = []
        for name in columns:
            values = [_take(row) if name == "take" else row[name] for _, row in entries]
            classes = tuple(sorted({value for value in values if value}))
            number = {value: i for i, value in enumerate(classes)} | {"": MISSING}
            labels[name] = np.array([number[value] for value in values], np.int64)
            targets.append(Target(name, "categorical", classes))
        if (labels["identity"] == MISSING).any():
            raise ValueError(f"every row of {self.manifest} needs an identity; fill the column")
        if self.align:
            images = aligned(paths, self.size, self.crop, (0.5, 0.5), context.device)
        else:
            images = decoded(paths, self.size, self.crop, (0.5, 0.5))
        faces = Faces(images, labels, new_rows(len(images), self.name))
        return Collection(faces, tuple(target for target in targets if target.name != "take"))

    def _entries(self) -> list[tuple[Path, dict[str, str]]]:
        """Each picture's file with its labels as text."""
        root = Path(self.root).expanduser()
        if not root.is_dir():
            raise FileNotFoundError(f"folder:root= wants a folder, found none at {root}")
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

    def _table(self) -> tuple[list[str], list[dict[str, str]]]:
        """Columns and rows of the manifest."""
        path = Path(self.root).expanduser() / self.manifest
        if not path.is_file():
            raise FileNotFoundError(f"folder:manifest= wants a CSV file, found none at {path}")
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns = list(reader.fieldnames or [])
            if not {"path", "identity"} <= set(columns):
                raise ValueError(f"{path} needs the columns path and identity, has {columns}")
            rows = list(reader)
        for line, row in enumerate(rows, start=2):
            if None in row or None in row.values():
                raise ValueError(f"line {line} of {path} has not {len(columns)} cells; mend it")
        if len({row["path"] for row in rows}) < len(rows):
            raise ValueError(f"{path} lists a picture twice; keep one line for each")
        return columns, rows


def _take(row: dict[str, str]) -> str:
    """A take's name that no other person's take has; a picture without one is its own take."""
    return f"{row['identity']}/{row['take'] or row['path']}"
