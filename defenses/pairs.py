"""Pictures that somebody else has protected, as a defense."""

import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import escape, glob
from pathlib import Path

from bench.api import Context, Role, field
from bench.data.copies import opaque_name
from bench.data.csv_files import fault, read_lines
from bench.data.image_files import pictures_in
from bench.outside import Outside
from bench.registry import register

DRAW = "{draw}"  # in `after`: 0, 1, ... of several releases of each picture


@register("pairs")
@dataclass(frozen=True)
class Pairs(Outside):
    """Takes releases from a folder: `pairs:before=DIR,after=DIR`.

    Both folders have the same relative names (suffixes may differ), or `manifest` pairs them. The
    pictures of the data set are found in `before` by their content. Without `before`, `after` is
    what came back for a folder that `bench data export` wrote.

    Source: ours.
    """

    before: str = field("", about="folder of the original photographs", at="path")
    after: str = field("", about="folder of the releases; {draw} for several a picture", at="path")
    manifest: str = field("", about="CSV with before and after, relative to these", at="path")
    label: str = field("", about="what tables call it; by default as `after`", at="protect")

    def __post_init__(self) -> None:
        """Raises ValueError if there is no folder of releases."""
        if not self.after:
            raise ValueError("expected pairs:before=DIR,after=DIR, got no after")
        object.__setattr__(self, "label", self.label or Path(self.after.rstrip("/")).name)

    def files(self) -> Sequence[Path]:
        """The releases, and the pictures and the manifest that tell what they belong to."""
        after = sorted(glob(escape(self._after_text).replace(DRAW, "*")))
        # Not sorted together: with before and after exchanged, the digest must differ.
        folders = [*map(Path, after), *([_folder("before", self.before)] if self.before else [])]
        manifest = [Path(self.manifest).expanduser()] if self.manifest else []
        return [path for folder in folders for path in _pictures(folder)] + manifest

    def has_releases_of(self, role: Role, originals: Sequence[Path]) -> bool:
        """Whether the pictures of a role were protected.

        Raises:
            ValueError: if some were, and some not; or if none of the probe was.
        """
        if not self.before and not (self._after(0) / role).is_dir():
            return False
        releases = self._releases(0)
        lacking = [path for path in originals if opaque_name(path) not in releases]
        if not lacking or (len(lacking) == len(originals) and role != "probe"):
            return not lacking
        in_all = ""
        if self.before:
            names = [opaque_name(path) for path in _pictures(_folder("before", self.before))]
            n_lacking = sum(name not in releases for name in names)
            in_all = f" ({n_lacking} of all {len(names)} pictures in {self.before} have none)"
        raise ValueError(
            f"expected a release of each of the {len(originals)} pictures of the {role}, got none "
            f"for {len(lacking)}, e.g. {lacking[0]}{in_all}; put them into {self.after} under the "
            "same relative names, or take the pictures out of the data set"
        )

    def protect_files(self, files: Sequence[Path], out: Path, context: Context) -> None:
        """Copies the releases."""
        releases = self._releases(context.draw)
        for file in files:
            if release := releases.get(file.stem):
                shutil.copyfile(release, out / f"{file.stem}{release.suffix}")

    def _after(self, draw: int) -> Path:
        return _folder("after", self._after_text.replace(DRAW, str(draw)))

    @property
    def _after_text(self) -> str:
        return str(Path(self.after).expanduser())

    def _releases(self, draw: int) -> Mapping[str, Path]:
        """The release of each picture, by the opaque name of its original."""
        after = self._after(draw)
        if not self.before:
            return {path.stem: path for path in _pictures(after)}
        before = _folder("before", self.before)
        manifest = Path(self.manifest).expanduser()
        found = _listed(manifest, before, after) if self.manifest else _alike(before, after)
        return {opaque_name(before / name): after / release for name, release in found}


def _folder(name: str, text: str) -> Path:
    folder = Path(text).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(f"pairs:{name}= expects a folder, found none at {folder}")
    return folder


def _pictures(folder: Path) -> list[Path]:
    with warnings.catch_warnings(action="ignore"):  # what lies beside pictures does not matter here
        return pictures_in(folder)


def _listed(manifest: Path, before: Path, after: Path) -> Iterator[tuple[str, str]]:
    """The pairs of a manifest.

    Raises:
        ValueError: if it lacks a column, or names what is not a file in these folders.
    """
    columns, lines = read_lines(manifest)
    if not {"before", "after"} <= set(columns):
        raise ValueError(f"{manifest} needs the columns before and after, got {columns}")
    for name, folder in (("before", before), ("after", after)):
        if bad := [line for line in lines if not _holds(folder, line.cells.get(name, ""))]:
            problem = f"expected in column {name} a file in {folder}, relative to it"
            raise ValueError(fault(bad, problem, "correct the path"))
    return ((line.cells["before"], line.cells["after"]) for line in lines)


def _holds(folder: Path, name: str) -> bool:
    path = (folder / name).resolve()
    return path.is_file() and path.is_relative_to(folder.resolve())


def _alike(before: Path, after: Path) -> Iterator[tuple[Path, Path]]:
    """Pairs of equal relative names, apart from the suffix; a warning counts other releases."""
    releases = dict[Path, list[Path]]()
    for path in _pictures(after):
        releases.setdefault(path.relative_to(after).with_suffix(""), []).append(path)
    for path in _pictures(before):
        name = path.relative_to(before)
        found = releases.pop(name.with_suffix(""), [])
        if len(found) > 1:
            raise ValueError(f"expected one release of {name}, got {len(found)}: {found[:2]}")
        yield from ((name, release.relative_to(after)) for release in found)
    if releases:
        warnings.warn(
            f"not read: {len(releases)} releases in {after} without an original, e.g. "
            f"{min(releases)}",
            stacklevel=2,
        )
