"""Asks a trained attacker about the probe, and about its validation rows as the probe is shown."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.api import Attacker, Classifier, Weights
from bench.faces import MISSING, Array, Sample, describe
from bench.registry import make
from bench.runner.artifacts import faces_in, inputs_in, notes_in, targets_in
from bench.runner.luck import generator
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker

Rows = NDArray[np.int64]


def answer(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """Scores, truth, person and row of the probe, and of the validation rows (`valid.*`).

    The validation rows are protected as the probe is: the strongest attacker is chosen on them.

    Raises:
        TypeError: if the plugin is no classifier.
    """
    attacker = make(Attacker, stage.spec)
    if not isinstance(attacker, Classifier):
        raise TypeError(f"{attacker.name} answers in no way that the runner knows")
    weights, releases = inputs[0].weights, inputs[3:]
    n_queries = len(releases) // 2
    name, arrays = stage.text("target"), dict[str, Array]()
    target = next(target for target in targets_in(inputs[1]) if target.name == name)
    n_classes = len(target.classes)
    for prefix, part, shown in (
        ("", inputs[1], releases[:n_queries]),
        ("valid.", inputs[2], releases[n_queries:]),
    ):
        faces = faces_in(part)
        asked = np.asarray(faces.labels[name]) != MISSING
        if prefix:
            asked &= np.asarray(part.arrays["valid"])
        rows = np.flatnonzero(asked)
        scores = [_scores(stage, attacker, weights, one, rows, n_classes, worker) for one in shown]
        arrays[f"{prefix}scores"] = np.mean(scores, axis=0, dtype=np.float32)  # (N, C)
        arrays[f"{prefix}truth"] = np.asarray(faces.labels[name])[rows].astype(np.int64)
        arrays[f"{prefix}person"] = np.asarray(faces.labels["identity"])[rows].astype(np.int64)
        arrays[f"{prefix}row"] = faces.rows[rows]
    return Artifact(arrays)


def _scores(
    stage: Stage,
    attacker: Classifier,
    weights: Weights,
    release: Artifact,
    rows: Rows,
    n_classes: int,
    worker: Worker,
) -> NDArray[np.float32]:
    """Scores for the rows, (N, C): each distinct input is shown once, in random order.

    Equal inputs get equal answers to the last bit (a batch's place must not break ties), and the
    order of the rows tells the attacker nothing.
    """
    told = stage.names("told")
    shown = inputs_in(release)[rows]
    notes = {note: notes_in(release)[note][rows] for note in told}
    first, place = _distinct([shown, *notes.values()])
    order = generator("order", stage.number("seed")).permutation(len(first))
    index = first[order]
    sample = Sample(shown[index], {}, {note: values[index] for note, values in notes.items()})
    scores = attacker.predict(sample, weights, worker.protecting())
    if not isinstance(scores, np.ndarray) or scores.shape != (len(sample), n_classes):
        raise ValueError(
            f"{attacker.name}.predict must return ({len(sample)}, {n_classes}), "
            f"got {describe(scores)}"
        )
    if not np.issubdtype(scores.dtype, np.floating) or not np.isfinite(scores).all():
        raise ValueError(f"{attacker.name}.predict must return finite floats, got {scores.dtype}")
    return scores.astype(np.float32)[np.argsort(order)][place]


def _distinct(arrays: Sequence[Array]) -> tuple[Rows, Rows]:
    """Where each distinct entry stands first, (M,), and which of them each entry is, (N,)."""
    raw = np.concatenate(
        [np.ascontiguousarray(a).reshape(len(a), -1).view(np.uint8) for a in arrays], axis=1
    )  # (N, bytes)
    seen: dict[bytes, int] = {}
    place = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in raw])
    return np.unique(place, return_index=True)[1], place
