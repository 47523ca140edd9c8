"""Artifacts of faces, releases and weights: how to make and how to read them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.api import Collection, Weights
from bench.faces import Array, Faces, Target, describe


class OnDemand(Mapping[str, Array]):
    """Arrays by name, each read when it is asked for."""

    def __init__(self, names: Iterable[str], read: Callable[[str], Array]) -> None:
        self._read, self._known = read, dict[str, Array | None].fromkeys(names)

    def __getitem__(self, name: str) -> Array:
        if (array := self._known[name]) is None:
            array = self._known[name] = self._read(name)
        return array

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


@dataclass(frozen=True, eq=False)
class Artifact:
    """The result of a stage."""

    # Big ones, one .npy file each, memory-mapped when read.
    arrays: Mapping[str, Array] = field(default_factory=dict)
    weights: Mapping[str, Array] = field(default_factory=dict)  # of a plugin, one safetensors file
    meta: Mapping[str, Any] = field(default_factory=dict)  # small facts, JSON


_LABEL, _NOTE = "label.", "note."


class Inputs(dict[str, tuple[Artifact, ...]]):
    """The artifacts that a stage takes, by name."""

    def one(self, name: str) -> Artifact:
        """The only artifact of that name.

        Raises:
            ValueError: if there are more, or none.
        """
        (artifact,) = self.get(name, ())
        return artifact


def of_faces(collection: Collection, **more: Array) -> Artifact:
    """An artifact that holds pictures, labels, image ids and targets (and `more` arrays)."""
    faces = collection.faces
    if collection.boxes is not None:
        more["box"] = collection.boxes
    arrays: dict[str, Array] = {"images": faces.images, "image_id": faces.image_id}
    arrays |= {_LABEL + name: values for name, values in faces.labels.items()}
    targets = [[target.name, target.kind, list(target.classes)] for target in collection.targets]
    return Artifact(arrays | more, meta={"targets": targets})


def faces_in(artifact: Artifact) -> Faces:
    """The faces that an artifact holds."""
    return Faces(
        np.asarray(artifact.arrays["images"]),
        _named(artifact, _LABEL),
        np.asarray(artifact.arrays["image_id"]),
    )


def targets_in(artifact: Artifact) -> tuple[Target, ...]:
    """The targets that an artifact holds."""
    stored = artifact.meta["targets"]
    if not isinstance(stored, list):
        raise TypeError(f"targets are stored as a list, got {stored!r}; the store is damaged")
    return tuple(Target(name, kind, tuple(classes)) for name, kind, classes in stored)


def of_release(inputs: Array, notes: Mapping[str, Array]) -> Artifact:
    """An artifact that holds a release: pictures or codes, with notes."""
    return Artifact({"images": inputs, **{_NOTE + name: note for name, note in notes.items()}})


def inputs_in(artifact: Artifact) -> Array:
    """The pictures or codes of a release."""
    return np.asarray(artifact.arrays["images"])


def notes_in(artifact: Artifact) -> Mapping[str, Array]:
    """The notes of a release."""
    return _named(artifact, _NOTE)


def of_weights(weights: Weights, plugin: str) -> Artifact:
    """An artifact that holds the weights of a plugin.

    Raises:
        TypeError: if they are not a mapping of names to float32 or integer arrays.
        ValueError: if an entry is not finite.
    """
    if not isinstance(weights, Mapping):
        raise TypeError(f"{plugin}.fit must return a mapping of arrays, got {describe(weights)}")
    for name, array in weights.items():
        kind = array.dtype if isinstance(array, np.ndarray) else None
        if kind is None or not (kind == np.float32 or np.issubdtype(kind, np.integer)):
            raise TypeError(
                f"expected {plugin}.fit to return float32 or integer arrays, got {name!r} as "
                f"{describe(array)}"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"{plugin}.fit returned {name!r} with NaN or infinity; it diverged")
    known = "curve.converged" in weights
    meta = {"converged": bool(weights["curve.converged"])} if known else {}
    return Artifact(weights=weights, meta=meta)


def _named(artifact: Artifact, prefix: str) -> Mapping[str, Array]:
    return {
        name.removeprefix(prefix): np.asarray(artifact.arrays[name])
        for name in sorted(artifact.arrays)
        if name.startswith(prefix)
    }
