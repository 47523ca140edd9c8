"""Lets a defense protect a role's pictures, and rounds what it gives out to bytes."""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.api import Context, Defense, Weights
from bench.faces import Array, Faces, Images, Release, describe
from bench.registry import make
from bench.runner.artifacts import faces_in, of_release
from bench.runner.luck import RowLuck
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def protect(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """The release as everybody sees it: uint8, in the order of the rows, with its notes."""
    defense = make(Defense, stage.spec)
    faces, weights, context = prepared(stage, defense, inputs, worker)
    images, notes = checked(defense.protect(faces, weights, context), faces, defense.name)
    return of_release(images, notes)


def prepared(
    stage: Stage, defense: Defense, inputs: Sequence[Artifact], worker: Worker
) -> tuple[Faces, Weights, Context]:
    """What a defense is handed to protect or encode with: declared labels, luck per row."""
    declaration = f"{type(defense).__name__}.reads_to_protect"
    faces = faces_in(inputs[0]).declared(defense.reads_to_protect, declaration)
    weights = inputs[1].weights if len(inputs) > 1 else {}
    luck = RowLuck(faces.rows, stage.number("seed"), defense.name, stage.number("query"))
    return faces, weights, worker.protecting(luck)


def checked(release: Release, faces: Faces, name: str) -> tuple[Images, Mapping[str, Array]]:
    """The release's pictures as bytes, and its notes.

    Raises:
        TypeError: if it is no release, or its pictures are neither bytes nor floats.
        ValueError: if it has another number or shape of pictures, NaN, or values outside 0..1.
    """
    if not isinstance(release, Release):
        raise TypeError(f"{name}.protect must return a Release, got {describe(release)}")
    images = release.images
    if not isinstance(images, np.ndarray) or images.shape != faces.images.shape:
        raise ValueError(
            f"{name}.protect must return pictures {faces.images.shape}, got {describe(images)}"
        )
    for note, values in release.notes.items():
        if len(values) != len(faces):
            raise ValueError(f"note {note!r} of {name} has {len(values)} of {len(faces)} rows")
    return _bytes(images, name), release.notes


def _bytes(images: Array, name: str) -> Images:
    if images.dtype == np.uint8:
        return images.astype(np.uint8)
    if not np.issubdtype(images.dtype, np.floating):
        raise TypeError(f"{name} must give out uint8, or floats in 0..1, got {images.dtype}")
    if not np.isfinite(images).all():
        raise ValueError(f"{name} gave out NaN or infinity; pictures are finite, 0..1")
    if images.min() < 0 or images.max() > 1:
        raise ValueError(
            f"{name} gave out {images.min():.3g}..{images.max():.3g}; floats lie in 0..1 (clip)"
        )
    return np.rint(images * 255).astype(np.uint8)
