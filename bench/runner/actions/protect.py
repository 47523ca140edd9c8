"""Protects a role's pictures with a defense, and rounds the release to bytes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Dataset, Defense, Original, Role, Weights
from bench.faces import Array, Faces, Images, Release, describe
from bench.memory import blocks, empty
from bench.processes import revealed
from bench.registry import make
from bench.runner.artifacts import Artifact, Inputs, faces_in, of_release
from bench.runner.rng import RowGenerators
from bench.runner.shown import anonymous
from bench.runner.stage import Stage
from bench.runner.worker import Worker

Ids = NDArray[np.int64]
Question = tuple[Faces, Weights, Context]  # the arguments of `protect` and `encode`


def protect(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The release as attackers see it: uint8, in the order of the faces, with its notes."""
    defense = make(Defense, stage.full_spec)
    faces = faces_in(inputs.one("faces"))
    images, notes = empty(faces.images.shape, np.uint8), dict[str, list[Array]]()
    for at, asked in questions(stage, defense, faces, inputs, worker):
        images[at], noted = checked(defense.protect(*asked), asked[0], defense.name)
        for name, note in noted.items():
            notes.setdefault(name, []).append(np.array(note))
    return of_release(images, {name: np.concatenate(note) for name, note in notes.items()})


def questions(
    stage: Stage, defense: Defense, faces: Faces, inputs: Inputs, worker: Worker, stream: str = ""
) -> Iterator[tuple[slice, Question]]:
    """Blocks of the faces as the defense may see them, with a generator per picture.

    A defense that works on sets gets all at once. `stream` seeds the generators; it is the name of
    the defense where nothing else is said.
    """
    weights = inputs.one("weights").weights if inputs["weights"] else {}
    declared = defense.reads_to_protect, f"{type(defense).__name__}.reads_to_protect"
    context = contexts(stage, defense, inputs, worker, stream, "faces")
    for at in [slice(None)] if defense.works_on == "set" else blocks(faces.images):
        yield at, (anonymous(faces, at, *declared), weights, context(faces.image_id[at]))


def contexts(
    stage: Stage, defense: Defense, inputs: Inputs, worker: Worker, stream: str, *parts: str
) -> Callable[[Ids], Context]:
    """The function from the image ids of some pictures to the context of their protection.

    `parts` are the names of the inputs that hold the pictures.
    """
    seeded = stage.number("seed"), stream or defense.name, stage.number("query")
    known = dict[int, Original]()
    for name in parts if defense.takes == "files" else ():
        known |= _originals(stage.inputs[name][0], inputs.one(name))

    def context(image_id: Ids) -> Context:
        made = worker.protecting(RowGenerators(image_id, *seeded))
        originals = [known[one] for one in image_id.tolist()] if known else ()
        return replace(made, draw=stage.number("query"), originals=originals)

    return context


def _originals(part: Stage, artifact: Artifact) -> Mapping[int, Original]:
    """The file of each picture of a role, by image id; empty if they are drawn."""
    if "box" not in artifact.arrays:
        return {}
    with revealed():
        files = make(Dataset, part.full_spec).originals(cast(Role, part.text("role")))
    ids, boxes = (np.asarray(artifact.arrays[name]) for name in ("image_id", "box"))
    return dict(zip(ids.tolist(), map(Original, files, boxes), strict=True))


def checked(release: Release, faces: Faces, name: str) -> tuple[Images, Mapping[str, Array]]:
    """The release's pictures as bytes, and its notes.

    Raises:
        TypeError: if it is not a Release, or its pictures are neither uint8 nor floats.
        ValueError: if it has another number or shape of pictures, NaN, or values outside 0..1.
    """
    if not isinstance(release, Release):
        raise TypeError(f"expected {name}.protect to return a Release, got {describe(release)}")
    images = release.images
    if not isinstance(images, np.ndarray) or images.shape != faces.images.shape:
        raise ValueError(
            f"expected {name}.protect to return pictures {faces.images.shape}, got "
            f"{describe(images)}"
        )
    for note, values in release.notes.items():
        if len(values) != len(faces):
            raise ValueError(
                f"expected {len(faces)} entries of note {note!r} of {name}, got {len(values)}"
            )
    return _bytes(images, name), release.notes


def _bytes(images: Array, name: str) -> Images:
    if images.dtype == np.uint8:
        return images.astype(np.uint8)
    if not np.issubdtype(images.dtype, np.floating):
        raise TypeError(f"expected uint8 or floats in 0..1 of {name}, got {images.dtype}")
    if not np.isfinite(images).all():
        raise ValueError(f"expected finite pictures of {name}, got NaN or infinity")
    if images.min() < 0 or images.max() > 1:
        raise ValueError(
            f"expected floats in 0..1 of {name}, got {images.min():.3g}..{images.max():.3g}; "
            "clip them"
        )
    return np.rint(images * 255).astype(np.uint8)
