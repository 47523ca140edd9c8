"""Data sets in the layout in which their authors hand them out: what all of them share."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import ClassVar

import numpy as np

from bench.api import FacePoints, field
from bench.data.image_files import SUFFIXES, size_of
from bench.data.photographs import Listing, Photographs
from bench.faces import MISSING, Array, Target
from bench.registry import register as register
from bench.registry import spec_of, stated

GENDERS = ("female", "male")  # in the order of all data sets
EXPRESSIONS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
ARCHIVES = {".7z", ".Z", ".gz", ".rar", ".tar", ".tgz", ".zip"}
_LISTS = (".csv", ".txt")

Cells = Mapping[str, str | float]  # labels of a picture; "" is a missing one
Entry = tuple[Path, Cells]


@dataclass(frozen=True)
class Official(Photographs):
    """The base of data sets whose pictures and labels lie as their authors hand them out.

    Attributes:
        home: name of the folder in that of BENCH_DATA; the data set's, if it is empty.
        pictures: where they lie below the folder, a glob.
        example: a picture's path below the folder, for errors.
        pattern: of the name of a picture, matched at the end of its path; its groups are labels.
        needs: the files besides pictures that are read.
        places: folders in which all these may lie.
        variants: globs of what people take for this data set, each with what it is.
        extent_px: width and height of its pictures; empty if they differ.
    """

    root: str = field("", about="its folder; else NAME in $BENCH_DATA", at="path")

    home: ClassVar[str] = ""
    pictures: ClassVar[str]
    example: ClassVar[str]
    pattern: ClassVar[re.Pattern[str]]
    needs: ClassVar[tuple[str, ...]] = ()
    places: ClassVar[tuple[str, ...]] = ("",)
    variants: ClassVar[tuple[tuple[str, str], ...]] = ()
    extent_px: ClassVar[tuple[int, ...]] = ()

    def cells(self, found: re.Match[str]) -> Cells:
        """The labels of a picture by its path; `take` is numbered within a person."""
        return found.groupdict()

    @property
    def folder(self) -> Path:
        """The folder that `root` or BENCH_DATA names.

        Raises:
            FileNotFoundError: if there is none.
        """
        access = f"to get it: {stated(type(self), 'Access')}"
        try:
            home = expanded(self.root) if self.root else data_home(f"{self.name}:root=FOLDER")
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{self.name} not found: {error}; {access}") from error
        folder = home if self.root else home / (self.home or self.name)
        if not folder.is_dir():
            raise FileNotFoundError(
                f"{self.name} not found: the folder {folder} does not exist; {access}"
            )
        return folder

    @property
    def tables(self) -> Sequence[Path]:
        """The files besides pictures."""
        return [self._found(needed, needed)[0] for needed in self.needs]

    def entries(self) -> Iterator[Entry]:
        """The pictures by path, each with its labels.

        Raises:
            ValueError: if one has another name.
        """
        strangers = []
        for path in self._found(self.pictures, self.example):
            if found := self.pattern.search(path.as_posix()):
                yield path, self.cells(found)
            else:
                strangers.append(path)
        if strangers:
            known = (
                what
                for variant, what in self.variants
                if any(path.match(variant) for path in strangers)
            )
            raise ValueError(
                f"expected pictures called as {self.example}, got {strangers[0]}"
                f"{and_more(strangers)}; {next(known, 'restore their names or remove them')}"
            )

    def listing(self) -> Listing:
        """The pictures in the order of their paths."""
        list(self.tables)  # raises if one is missing, before wrong pictures are reported
        entries = list(self.entries())
        self.check_any(entries)
        self.check_files([entries[0][0]])  # `load` checks the others
        return listing_of(entries, self.targets)

    def check_any(self, chosen: Sized) -> None:
        """Raises ValueError if no picture is chosen."""
        if not len(chosen):
            raise ValueError(f"expected pictures in {spec_of(self)}, got none; change its fields")

    def check_files(self, paths: Sequence[Path]) -> None:
        """Raises ValueError if one of these pictures has a wrong size."""
        for path in paths if self.extent_px else ():
            if (size := size_of(path)) != self.extent_px:
                wanted, got = ("x".join(map(str, extent)) for extent in (self.extent_px, size))
                raise ValueError(
                    f"expected pictures of {wanted} px in {self.name}, got {got} in {path}: a "
                    "cropped or resized variant; use the original ones"
                )

    def _found(self, pattern: str, example: str) -> list[Path]:
        """What a glob finds in the first of `places` that has such files, sorted.

        Raises:
            FileNotFoundError: if there is none; it says what lies there instead.
        """
        if found := self._below(self.folder, pattern):
            return sorted(found)
        raise FileNotFoundError(
            f"{self.name} expects {example} in {self.folder}, {self._instead(pattern)}"
        )

    def _below(self, root: Path, pattern: str) -> list[Path]:
        """What a glob finds below a root; with upper-case endings too, which `entries` refuses."""
        stem, dot, suffix = pattern.rpartition(".")
        pattern = stem + dot + "".join(f"[{letter}{letter.upper()}]" for letter in suffix)
        found = ([*filter(_is_shown, root.glob(place + pattern))] for place in self.places)
        return next(filter(None, found), [])

    def _instead(self, pattern: str) -> str:
        """What lies in the folder instead of what was expected there, and what to do."""
        folder, access = self.folder, f"to get it: {stated(type(self), 'Access')}"
        is_list = pattern != self.pictures
        lacks_pictures = not is_list or not self._below(folder, self.pictures)
        sought = {"it": pattern} | ({"the pictures": self.pictures} if lacks_pictures else {})
        for what, where in sought.items():
            if root := self._root(where):
                return (
                    f"got {what} in {root}: there is a folder level too many or too few; set "
                    f"{self.name}:root={root}, or move the files"
                )
        for variant, what in self.variants:
            asked = lacks_pictures or variant.endswith(_LISTS)
            if asked and (found := min(folder.glob(variant), default=None)):
                return f"got {found.relative_to(folder)}: {what}"
        name = PurePosixPath(pattern).name
        if found := min(filter(_is_shown, folder.rglob(name)), default=None):
            return (
                f"got {found.relative_to(folder)}: another archive, or folders with other names; "
                f"give them those of the original; {access}"
            )
        known = _LISTS if is_list else tuple(SUFFIXES)
        others = folder.glob(str(PurePosixPath(pattern).with_suffix(".*")))
        if found := min((p for p in others if p.suffix.lower() in known), default=None):
            return f"got {found.relative_to(folder)}: another format; use the original files"
        packed = (path for path in folder.rglob("*") if path.suffix in ARCHIVES)
        if names := sorted(str(path.relative_to(folder)) for path in packed):
            return (
                f"got {names[0]}{and_more(names)}: unpack this there; if it is unpacked, {access}"
            )
        return f"found none; {access}"

    def _root(self, pattern: str) -> Path | None:
        """The folder, above or below, that should have been named."""
        folder = self.folder
        below = sorted(path for path in folder.rglob("*") if path.is_dir())
        for root in (folder.parent, *below):
            for path in self._below(root, pattern):
                known = pattern != self.pictures or self.pattern.search(path.as_posix())
                if known and path.is_relative_to(folder):
                    return root
        return None


@dataclass(frozen=True)
class Unidentified(Official):
    """The base of data sets that do not tell who is shown: each picture is a person of its own."""

    protocol: str = field(
        "open", about="how pictures are split; without identities, only so", among=("open",)
    )


def data_home(instead: str) -> Path:
    """The folder of all data, which BENCH_DATA names; `instead` is what one may write for it.

    Raises:
        FileNotFoundError: if it names none.
    """
    if not (home := os.environ.get("BENCH_DATA")):
        raise FileNotFoundError(f"set BENCH_DATA to the folder of all data, or write {instead}")
    return expanded(home)


def expanded(folder: str) -> Path:
    """The folder; `~` is that of the user."""
    return Path(os.path.expanduser(folder))  # Path's own raises RuntimeError for ~nobody


def and_more(names: Sized) -> str:
    """The end of an error that shows only the first of these."""
    return f" and {len(names) - 1} more" if len(names) > 1 else ""


def listing_of(entries: Sequence[Entry], targets: Sequence[Target]) -> Listing:
    """The listing of pictures whose labels are text; identities become classes by their order.

    Raises:
        ValueError: if a label is not one of its target's classes.
    """
    paths = [path for path, _ in entries]
    labels: dict[str, Array] = {"identity": np.arange(len(paths))}
    known = []
    for target in targets:
        values = [cells[target.name] for _, cells in entries]
        if target.kind == "continuous":
            labels[target.name] = np.array(values, np.float32)
        else:
            classes = target.classes or tuple(sorted({str(value) for value in values if value}))
            number = {value: i for i, value in enumerate(classes)} | {"": MISSING}
            if bad := [i for i, value in enumerate(values) if value not in number]:
                raise ValueError(
                    f"{paths[bad[0]]}: expected {target.name} among {', '.join(classes)}, got "
                    f"{values[bad[0]]!r}; fix it"
                )
            labels[target.name] = np.array([number[str(value)] for value in values], np.int64)
            target = replace(target, classes=classes)
        known.append(target)
    if "take" in entries[0][1]:
        takes = [(cells["identity"], cells["take"]) for _, cells in entries]
        order = {take: i for i, take in enumerate(sorted(set(takes)))}
        labels["take"] = np.array([order[take] for take in takes], np.int64)
    return Listing(paths, labels, tuple(known))


def points_in_square(
    points_px: FacePoints, extent_px: tuple[int, int], data: Photographs
) -> FacePoints:
    """Points of pictures as fractions of the square that the data set cuts out of them."""
    extent = np.array(extent_px, float)
    side = data.crop * extent.min()
    corner = np.clip(data.centre * extent - side / 2, 0, extent - side)
    return tuple((float(x), float(y)) for x, y in (np.array(points_px) - corner) / side)


def _is_shown(path: Path) -> bool:
    return not path.name.startswith(".")  # ._NAME.jpg is what macOS leaves in archives
