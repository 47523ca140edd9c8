"""Asks a trained attacker about the probe, and about its validation rows as the probe is shown."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.api import Attacker, Classifier, Matcher, Regressor
from bench.faces import Array, Faces, Sample, Target, describe, missing
from bench.registry import make
from bench.runner.artifacts import faces_in, inputs_in, notes_in, targets_in
from bench.runner.luck import generator
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker

Rows = NDArray[np.int64]
Ask = Callable[[Sample], NDArray[np.float32]]


def answer(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """What an attacker says of the probe, and of the validation rows (`valid.*`).

    The validation rows are protected as the probe is: the strongest attacker is chosen on them.
    Classifiers and regressors give `scores` (N, C), with `truth`; matchers the templates (N, D) of
    the probe as `scores`, and of the enrolled as `gallery.scores`; all with `person` and `row`.
    """
    attacker, name = make(Attacker, stage.spec), stage.text("target")
    n = stage.number("n_queries")
    parts, enrolled = inputs[1:3], inputs[3 + 2 * n :]
    shown = (inputs[3 : 3 + n], inputs[3 + n : 3 + 2 * n])
    target = next(target for target in targets_in(parts[0]) if target.name == name)
    ask, width = _asker(attacker, inputs[0], target, worker)
    arrays = dict[str, Array]()
    for place, prefix in enumerate(("", "valid.")):
        faces = faces_in(parts[place])
        asked = ~missing(np.asarray(faces.labels[name]))
        if prefix:
            asked &= np.asarray(parts[place].arrays["valid"], bool)
        if enrolled or stage.number("gallery"):
            asked &= ~np.asarray(parts[place].arrays["gallery"], bool)
        rows = np.flatnonzero(asked)
        found = [_scores(stage, ask, width, one, rows) for one in shown[place]]
        said = np.asarray(np.mean(found, axis=0), np.float32)
        arrays |= _named(prefix, _unit(said) if enrolled else said, faces, rows)
        arrays[f"{prefix}truth"] = np.asarray(faces.labels[name])[rows]
        if enrolled:
            # Under closed protocols the gallery lies in the attacker's part: the same people.
            here = place if np.asarray(parts[place].arrays["gallery"]).any() else 1
            rows = np.flatnonzero(np.asarray(parts[here].arrays["gallery"]))
            nobody = said[:0]  # people with one take each: there is nothing to enroll
            made = _scores(stage, ask, width, enrolled[here], rows) if len(rows) else nobody
            arrays |= _named(f"{prefix}gallery.", _unit(made), faces_in(parts[here]), rows)
    return Artifact(arrays)


def _named(prefix: str, scores: NDArray[np.float32], faces: Faces, rows: Rows) -> dict[str, Array]:
    person = np.asarray(faces.labels["identity"])[rows].astype(np.int64)
    return {
        f"{prefix}scores": scores,
        f"{prefix}person": person,
        f"{prefix}row": faces.rows[rows],
    }


def _asker(
    attacker: Attacker, learned: Artifact, target: Target, worker: Worker
) -> tuple[Ask, int]:
    """How to ask the attacker, and the width of its answers; 0 if it is the attacker's choice.

    Raises:
        TypeError: if it answers in no known way.
    """
    weights, context = learned.weights, worker.protecting()
    if isinstance(attacker, Matcher):
        return lambda sample: attacker.embed(sample, weights, context), 0
    if isinstance(attacker, Regressor):
        return lambda sample: _column(attacker.predict(sample, weights, context)), 1
    if isinstance(attacker, Classifier):
        return lambda sample: attacker.predict(sample, weights, context), len(target.classes)
    raise TypeError(f"{attacker.name} is no classifier, regressor or matcher")


def _unit(made: NDArray[np.float32]) -> NDArray[np.float32]:
    """Templates (N, D) of length 1: their inner products are cosines."""
    length = np.linalg.norm(made, axis=-1, keepdims=True)
    return np.asarray(made / np.maximum(length, 1e-12), np.float32)


def _column(numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Numbers (N,) as (N, 1)."""
    return numbers[:, None] if isinstance(numbers, np.ndarray) and numbers.ndim == 1 else numbers


def _scores(
    stage: Stage, ask: Ask, width: int, release: Artifact, rows: Rows
) -> NDArray[np.float32]:
    """What the attacker says of the rows, (N, C): each distinct input is shown once, shuffled.

    Equal inputs get equal answers to the last bit (a batch's place must not break ties), and the
    order of the rows tells the attacker nothing.
    """
    told = stage.names("told")  # arrays of the weights, if it was told any, it learned with
    notes = {name: note[rows] for name, note in notes_in(release).items() if name in told}
    shown = inputs_in(release)[rows]
    first, place = _distinct([shown, *notes.values()])
    order = generator("order", stage.number("seed")).permutation(len(first))
    index = first[order]
    sample = Sample(shown[index], {}, {note: values[index] for note, values in notes.items()})
    said = ask(sample)
    wanted = (len(sample), width or (said.shape[-1] if isinstance(said, np.ndarray) else 1))
    if not isinstance(said, np.ndarray) or said.shape != wanted:
        raise ValueError(f"{stage.spec.name} must return {wanted}, got {describe(said)}")
    if not np.issubdtype(said.dtype, np.floating) or not np.isfinite(said).all():
        raise ValueError(f"{stage.spec.name} must return finite floats, got {said.dtype}")
    return said.astype(np.float32)[np.argsort(order)][place]


def _distinct(arrays: Sequence[Array]) -> tuple[Rows, Rows]:
    """Where each distinct entry stands first, (M,), and which of them each entry is, (N,)."""
    raw = np.concatenate(
        [np.ascontiguousarray(a).reshape(len(a), -1).view(np.uint8) for a in arrays], axis=1
    )  # (N, bytes)
    seen: dict[bytes, int] = {}
    place = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in raw])
    return np.unique(place, return_index=True)[1], place
