"""How faces and releases lie in artifacts."""

from collections.abc import Mapping

import numpy as np

from bench.api import Collection, Weights
from bench.faces import Array, Faces, Target, describe
from bench.runner.store import Artifact

_LABEL, _NOTE = "label.", "note."


def of_faces(collection: Collection, **more: Array) -> Artifact:
    """An artifact that holds pictures, labels, rows and targets (and `more` arrays)."""
    faces = collection.faces
    labels = {_LABEL + name: values for name, values in faces.labels.items()}
    targets = [[target.name, target.kind, list(target.classes)] for target in collection.targets]
    arrays: dict[str, Array] = {"images": faces.images, "rows": faces.rows, **labels, **more}
    return Artifact(arrays, meta={"targets": targets})


def faces_in(artifact: Artifact) -> Faces:
    """The faces that an artifact holds."""
    return Faces(
        np.asarray(artifact.arrays["images"]),
        _named(artifact, _LABEL),
        np.asarray(artifact.arrays["rows"]),
    )


def targets_in(artifact: Artifact) -> tuple[Target, ...]:
    """The targets that an artifact holds."""
    stored = artifact.meta["targets"]
    if not isinstance(stored, list):
        raise TypeError(f"targets are stored as a list, got {stored!r}; the store is damaged")
    return tuple(Target(name, kind, tuple(classes)) for name, kind, classes in stored)


def of_release(inputs: Array, notes: Mapping[str, Array]) -> Artifact:
    """An artifact that holds what a defense gives out: pictures or codes."""
    return Artifact({"images": inputs, **{_NOTE + name: note for name, note in notes.items()}})


def inputs_in(artifact: Artifact) -> Array:
    """Pictures or codes that an attacker is shown."""
    return np.asarray(artifact.arrays["images"])


def notes_in(artifact: Artifact) -> Mapping[str, Array]:
    """What a defense noted of each picture."""
    return _named(artifact, _NOTE)


def of_weights(weights: Weights, plugin: str) -> Artifact:
    """An artifact that holds what a plugin learned.

    Raises:
        TypeError: if it is no mapping of names to float32 or integer arrays.
        ValueError: if an entry is not finite.
    """
    if not isinstance(weights, Mapping):
        raise TypeError(f"{plugin}.fit must return a mapping of arrays, got {describe(weights)}")
    for name, array in weights.items():
        kind = array.dtype if isinstance(array, np.ndarray) else None
        if kind is None or not (kind == np.float32 or np.issubdtype(kind, np.integer)):
            raise TypeError(
                f"{plugin}.fit returned {name!r} as {describe(array)}; weights are float32 or "
                "integer arrays"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"{plugin}.fit returned {name!r} with NaN or infinity; it diverged")
    converged = weights.get("curve.converged")
    return Artifact(
        weights=weights, meta={} if converged is None else {"converged": bool(converged)}
    )


def _named(artifact: Artifact, prefix: str) -> Mapping[str, Array]:
    return {
        name.removeprefix(prefix): np.asarray(array)
        for name, array in sorted(artifact.arrays.items())
        if name.startswith(prefix)
    }
