"""Protects picture files with a defense, outside of a grid."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from bench.api import Defense, Learned, Weights
from bench.data.clips import read_clip, save_clip, squared, unsquared
from bench.data.copies import copied
from bench.faces import Faces, Images
from bench.outside import Outside, released
from bench.registry import current, make
from bench.runner.actions.protect import checked
from bench.runner.rng import RowGenerators
from bench.runner.weights_file import read, weights_for
from bench.runner.worker import Worker
from bench.spec import Spec


@dataclass
class Protector:
    """A defense with what it needs, and counts of the pictures and frames so far.

    Attributes:
        side_px: of the pictures that it was fitted to; 0 if it takes all sizes.
        seed: of what it draws.
    """

    defense: Defense
    weights: Weights
    side_px: int
    worker: Worker
    seed: int
    n: int = 0
    n_resized: int = 0
    n_padded: int = 0

    @classmethod
    def of(cls, spec: Spec, weights: Path | None, worker: Worker, seed: int) -> "Protector":
        """The defense with the weights in a file; fields that it says nothing of come from there.

        Raises:
            ValueError: if it needs weights or labels, or the weights are those of another fit.
        """
        given = dict(current("defense", spec).fields) | (
            {"weights": str(weights)} if weights else {}
        )
        path = str(given.get("weights", ""))
        recipe = read(Path(path).expanduser()).recipe if path else None
        known = recipe.fields if recipe and recipe.defense == spec.name else {}
        fields = tuple(sorted({**known, **given}.items()))
        defense = make(Defense, Spec(spec.name, spec.preset, fields))
        if labels := list(defense.reads_to_protect):
            raise ValueError(
                f"expected a defense that sees pictures only, got {spec}, which reads labels "
                f"({', '.join(labels)}); choose other fields, see `bench list {spec.name}`"
            )
        if not isinstance(defense, Learned):
            return cls(defense, {}, 0, worker, seed)
        if recipe is None:
            raise ValueError(
                f"expected --weights FILE for {spec}, which learns; `bench run --defense {spec}` "
                f"fits it to a grid's data, then `bench weights export {spec} FILE` writes the file"
            )
        return cls(defense, weights_for(defense).weights, recipe.shape[-1], worker, seed)

    @property
    def said(self) -> str:
        """How sizes were changed for a while, in a line; empty if they were not."""
        counts = {
            f"resized to {self.side_px} x {self.side_px} px and back": self.n_resized,
            "padded to a square and cut back": self.n_padded,
        }
        told = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
        return f"{self.defense.name}: of {self.n} pictures, {told}" if told else ""

    def protect(self, files: Mapping[Path, Path]) -> None:
        """Writes the release of each file to the path that it is mapped to.

        Raises:
            ValueError, OSError: if a file cannot be read or protected; some may have been written.
        """
        if isinstance(self.defense, Outside):  # it takes the files, not arrays
            self._run(self.defense, files)
            return
        for batch in [[*files]] if self.defense.works_on == "set" else [[file] for file in files]:
            clips = [read_clip(file) for file in batch]
            try:
                releases = iter(self.released([f for clip in clips for f in clip.frames]))
            except Exception as error:  # whatever a plugin raises
                name = self.defense.name
                raise ValueError(f"{name} cannot protect {batch[0]}: {error}") from error
            for file, clip in zip(batch, clips, strict=True):
                shown = [next(releases) for _ in clip.frames]
                save_clip(clip._replace(frames=shown), files[file])

    def released(self, frames: Sequence[Image.Image]) -> list[Image.Image]:
        """The releases of pictures, at their own size if the defense can.

        Raises:
            ValueError: if it works on sets, and sizes differ.
        """
        size = frames[0].size
        if not self.side_px:
            if any(frame.size != size for frame in frames):
                raise ValueError("it works on sets: expected pictures of one size; resize them")
            try:
                whole = np.stack([np.asarray(frame).transpose(2, 0, 1) for frame in frames])
                return [Image.fromarray(image.transpose(1, 2, 0)) for image in self._asked(whole)]
            except Exception:  # whatever a plugin raises of a picture that is not square
                if size[0] == size[1]:
                    raise
        side = self.side_px or max(size)
        self.n_resized += sum(max(frame.size) != side for frame in frames)
        self.n_padded += sum(frame.width != frame.height for frame in frames)
        images = self._asked(np.stack([squared(frame, side) for frame in frames]))
        return [unsquared(image, f.size) for image, f in zip(images, frames, strict=True)]

    def arrays(self, images: Images) -> Images:
        """The releases of pictures, uint8 (N, 3, H, W) both."""
        made = self.released([Image.fromarray(image.transpose(1, 2, 0)) for image in images])
        return np.stack([np.asarray(image) for image in made]).transpose(0, 3, 1, 2)

    def _asked(self, images: Images) -> Images:
        ids, name = np.arange(self.n, self.n + len(images)), self.defense.name
        faces = Faces(images, {}, ids)
        context = self.worker.protecting(RowGenerators(ids, self.seed, name, 0))
        made = checked(self.defense.protect(faces, self.weights, context), faces, name)[0]
        self.n += len(images)
        return made

    def _run(self, defense: Outside, files: Mapping[Path, Path]) -> None:
        with TemporaryDirectory() as folder:
            given, made = Path(folder, "in"), Path(folder, "out")
            for each in (given, made):
                each.mkdir()
            copies = copied([*files], given)
            shown = sorted(set(copies))
            self.n += len(shown)
            rngs = RowGenerators(np.arange(len(shown)), self.seed, defense.name, 0)
            defense.protect_files(shown, made, self.worker.protecting(rngs))
            found = released(copies, made, defense.name)
            for release, target in zip(found, files.values(), strict=True):
                if release.suffix.lower() == target.suffix.lower():
                    shutil.copyfile(release, target)
                else:
                    save_clip(read_clip(release), target)
