"""The user's own pictures."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.api import field
from bench.data import openface
from bench.data.manifest import Entry, found, labels_of, listed, table_of
from bench.data.photographs import Listing, Photographs
from bench.data.protocols import Parts
from bench.data.synthetic.pictures import ATTRIBUTES
from bench.faces import Target
from bench.registry import register


@register("folder")
@dataclass(frozen=True)
class Folder(Photographs):
    """Your own pictures: a folder per person, or a CSV with `path`, `identity` and other labels.

    With `manifest`, paths are relative to `root`; every further column is a label whose values are
    its classes (an empty cell: missing), and `take` names the sitting of each picture. Of an
    animation, the first frame counts.
    Without it, each sub-folder of `root` is a person and each picture a take. A column with the
    name of a label of 0..1 of `synthetic` holds numbers, 0 to 1; `openface` provides nine
    of them (all but `male`, which needs a column).

    Source: ours.
    """

    root: str = field(".", about="folder of the pictures", at="path")
    manifest: str = field("", about="CSV file; relative to root", at="path")
    openface: str = field("", about="OpenFace's CSV, or a folder of them; as manifest", at="path")
    outside: bool = field(False, about="also read pictures that are not in root (links, ..)")
    confidence: float = field(0.8, about="lowest of OpenFace that counts", within="[0, 1]")

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
    def tables(self) -> Sequence[Path]:
        """The CSV files, if there are any."""
        found = [self._root / self.manifest] if self.manifest else []
        if self.openface:
            found += openface.files(self._root / self.openface, self._names(self._entries()))
        return found

    def listing(self) -> Listing:
        """The pictures in the order of the manifest or of their names."""
        entries = self._entries()
        labels, classes = labels_of([line for _, line in entries])
        if self.openface:
            source, names = self._root / self.openface, self._names(entries)
            labels |= openface.attributes(source, names, self.confidence)
        targets = (replace(t, classes=classes.get(t.name, ())) for t in self.targets)
        return Listing([path for path, _ in entries], labels, tuple(targets))

    def _parts(self, listing: Listing) -> Parts:
        try:
            return super()._parts(listing)
        except ValueError as error:
            raise ValueError(f"{self._root / self.manifest}: {error}") from error

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
