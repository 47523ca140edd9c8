"""Defenses outside: programs and services that turn picture files into picture files."""

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.api import Context, Defense, Original, Weights
from bench.data.alignment import cut
from bench.data.copies import copied, drawn
from bench.data.image_files import pictures_in, size_of, upright
from bench.faces import Faces, Images, Release
from bench.memory import empty

SAME_SHAPE = 0.01  # by which the sides of a resized release may differ from the original's


@dataclass(frozen=True)
class Outside(Defense):
    """The base of defenses that get copies of the photographs, not the squares cut out of them."""

    takes = "files"

    def __init_subclass__(cls) -> None:
        """Raises TypeError if a class overrides `protect`: it gets the paths of the originals."""
        super().__init_subclass__()
        if cls.protect is not Outside.protect:
            raise TypeError(
                f"expected {cls.__name__} to leave `protect` as it is; write `protect_files`"
            )

    @abstractmethod
    def protect_files(self, files: Sequence[Path], out: Path, context: Context) -> None:
        """Writes the release of each file to `out`, under the file's name and any suffix.

        The files lie in one folder, under names that say nothing; they are copies.
        """

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The releases of the original files, cut as the pictures were; of drawn pictures, as PNG.

        Raises:
            ValueError: if releases are missing, or not cut as the originals are.
        """
        scratch = None if context.scratch == Path() else context.scratch
        with TemporaryDirectory(dir=scratch) as folder:
            given, out = Path(folder, "in"), Path(folder, "out")
            for each in (given, out):
                each.mkdir()
            if originals := context.originals:
                files = copied([original.path for original in originals], given)
            else:
                files = drawn(faces.images, given)
                whole = np.array([0, 0, faces.images.shape[-1], 0], np.float64)
                originals = [Original(path, whole) for path in files]
            first = {file: row for row, file in reversed(list(enumerate(files)))}
            shown = sorted(first)  # the order says nothing
            rngs = [context.row_rngs[first[file]] for file in shown] if context.row_rngs else []
            self.protect_files(shown, out, replace(context, originals=(), row_rngs=rngs))
            return Release(_cut(originals, released(files, out, self.name), faces.images))


def released(files: Sequence[Path], out: Path, name: str) -> list[Path]:
    """The release of each file, by its name.

    Raises:
        ValueError: if one is missing, or there twice.
    """
    found = dict[str, list[Path]]()
    for path in pictures_in(out):
        found.setdefault(path.stem, []).append(path)
    if lacking := [file for file in files if file.stem not in found]:
        raise ValueError(
            f"expected {name} to write a picture for each of {len(files)}, got none for "
            f"{len(lacking)}, e.g. {lacking[0].name}; keep the names (the suffix may differ)"
        )
    if twice := [paths for paths in found.values() if len(paths) > 1]:
        raise ValueError(f"expected one release of a picture, got {len(twice[0])}: {twice[0][:2]}")
    return [found[file.stem][0] for file in files]


def _cut(originals: Sequence[Original], releases: Sequence[Path], like: Images) -> Images:
    """The squares of the releases, as those of the originals; a resized release's grows with it."""
    images = empty(like.shape, np.uint8)
    resized, wrong = list[str](), list[str]()
    for image, original, release in zip(images, originals, releases, strict=True):
        before, after = size_of(original.path), upright(release)
        scale = after.width / before[0]
        if before != after.size:
            sizes = [f"{width}x{height}" for width, height in (before, after.size)]
            same = abs(after.height / before[1] / scale - 1) <= SAME_SHAPE
            (resized if same else wrong).append(f"{original.path.name}: {' became '.join(sizes)}")
        if wrong:
            continue  # all of them are counted
        image[:] = cut(after, original.box * [scale, scale, scale, 1], like.shape[-1])
    if wrong:
        raise ValueError(
            f"expected whole pictures, got {len(wrong)} of {len(releases)} with another ratio of "
            f"width to height ({wrong[0]}); give them out as the originals are cut"
        )
    if resized:
        warnings.warn(
            f"{len(resized)} of {len(releases)} releases are resized ({resized[0]}); they are "
            "compared as if scaled back",
            stacklevel=2,
        )
    return images
