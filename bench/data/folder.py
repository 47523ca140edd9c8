"""The user's own pictures."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.api import Collection, Context, Dataset, FacePoints, field
from bench.data import openface
from bench.data.alignment import ALIGNED_POINTS, aligned
from bench.data.image_files import decoded
from bench.data.manifest import Entry, found, labels_of, listed, table_of
from bench.data.protocols import PROTOCOLS, new_image_ids, split
from bench.data.synthetic.pictures import ATTRIBUTES
from bench.faces import Faces, Labels, Target
from bench.registry import register


@register("folder")
@dataclass(frozen=True)
class Folder(Dataset):
    """Your own pictures: a folder per person, or a CSV with `path`, `identity` and other labels.

    With `manifest`, paths are relative to `root`; every further column is a label whose values are
    its classes (an empty cell: missing), and `take` names the sitting of each picture. Of an
    animation, the first frame counts.
    Without it, each sub-folder of `root` is a person and each picture a take. A column with the
    name of one of the ten attributes of `synthetic` holds numbers, 0 to 1; `openface` provides nine
    of them (all but `male`, which needs a column).

    Source: ours.
    """

    root: str = field(".", about="folder of the pictures", at="path")
    manifest: str = field("", about="CSV file; relative to root", at="path")
    openface: str = field("", about="OpenFace's CSV, or a folder of them; as manifest", at="path")
    outside: bool = field(False, about="also read pictures that are not in root (links, ..)")
    confidence: float = field(0.8, about="lowest of OpenFace that counts", within="[0, 1]")
    size: int = field(64, about="side of a picture, px", within="[8, 1024]")
    crop: float = field(1.0, about="side of the square, a share of the shorter", within="(0, 1]")
    align: bool = field(False, about="align faces by MTCNN's landmarks")
    seed: int = field(0, about="changes the split", within="[0, 2147483647]")
    protocol: str = field("open", about="how pictures are split", among=PROTOCOLS)

    @property
    def targets(self) -> tuple[Target, ...]:
        """Identity, the manifest's other columns, and OpenFace's labels.

        Raises:
            ValueError: if manifest and OpenFace provide the same label.
        """
        path = self._root / self.manifest
        columns = table_of(path)[0] if self.manifest else ["path", "identity"]
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

    def check(self) -> None:
        """Raises ValueError or OSError if labels are wrong, or too few for the protocol."""
        labels, classes = self._labels(self._entries())
        try:
            split(labels, self.protocol, self.name, self.seed, people=classes["identity"])
        except ValueError as error:
            raise ValueError(f"{self._root / self.manifest}: {error}") from error

    def load(self, context: Context) -> Collection:
        """The pictures in the order of the manifest or of their names."""
        entries = self._entries()
        labels, classes = self._labels(entries)
        cut = ([path for path, _ in entries], self.size, self.crop, (0.5, 0.5))
        images = aligned(*cut, context.device) if self.align else decoded(*cut)
        faces = Faces(images, labels, new_image_ids(len(images), self.name))
        targets = (replace(t, classes=classes.get(t.name, ())) for t in self.targets)
        return Collection(faces, tuple(targets))

    @property
    def _root(self) -> Path:
        return Path(os.path.expanduser(self.root))  # Path's own raises RuntimeError for ~nobody

    def _entries(self) -> list[Entry]:
        """Each picture's file with its labels as text.

        Raises:
            FileNotFoundError: if there is no picture.
        """
        root = self._root
        if not root.is_dir():
            raise FileNotFoundError(f"folder:root= expects a folder, found none at {root}")
        if self.manifest:
            entries = listed(root, root / self.manifest, outside=self.outside)
        else:
            known = {root / self.openface} if self.openface else ()
            entries = found(root, known, outside=self.outside)
        if not entries:
            raise FileNotFoundError(
                f"no pictures in {root}: put each person's into a folder of their own, or name a "
                "CSV with the columns path and identity (folder:root=...,manifest=...)"
            )
        return entries

    def _names(self, entries: Sequence[Entry]) -> list[str]:
        """Paths of the pictures, relative to `root`."""
        return [Path(os.path.relpath(path, self._root)).as_posix() for path, _ in entries]

    def _labels(self, entries: Sequence[Entry]) -> tuple[Labels, Mapping[str, tuple[str, ...]]]:
        """The labels, (N,) each, and the classes of those that have them."""
        labels, classes = labels_of([line for _, line in entries])
        if self.openface:
            source, names = self._root / self.openface, self._names(entries)
            labels |= openface.attributes(source, names, self.confidence)
        return labels, classes
