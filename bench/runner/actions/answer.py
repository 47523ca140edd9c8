"""A trained attacker's answers about the probe and the validation part, protected likewise."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bench.api import Attacker, Classifier, Matcher, Regressor
from bench.faces import Array, Faces, Sample, Target, describe, missing
from bench.memory import blocks, first_equal
from bench.registry import make
from bench.runner.artifacts import Artifact, Inputs, faces_in, inputs_in, notes_in, targets_in
from bench.runner.rng import generator
from bench.runner.stage import Stage
from bench.runner.worker import Worker

Places = NDArray[np.int64]
Scores = NDArray[np.float32]
Ask = Callable[[Sample], Scores]


def answer(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The attacker's answers about the probe and about the validation part (`valid.*`).

    Validation pictures are protected as the probe is: the strongest attacker is chosen on them.
    Classifiers and regressors give `scores` (N, C), with `truth`; matchers the templates (N, D) of
    the probe as `scores`, and of enrolled pictures as `gallery.scores`; all with `person` and
    `image_id`.
    """
    attacker, name = make(Attacker, stage.spec), stage.text("target")
    parts = {role: inputs.one(f"{role}_faces") for role in ("probe", "attacker")}
    target = next(target for target in targets_in(parts["probe"]) if target.name == name)
    ask, width = asker(attacker, inputs.one("attack"), target, worker)
    enrolls = isinstance(attacker, Matcher)
    arrays = dict[str, Array]()
    for role, prefix in (("probe", ""), ("attacker", "valid.")):
        faces = faces_in(parts[role])
        chosen = ~missing(np.asarray(faces.labels[name]))
        if prefix:
            chosen &= np.asarray(parts[role].arrays["valid"], bool)
        if enrolls or stage.number("gallery"):
            chosen &= ~np.asarray(parts[role].arrays["gallery"], bool)
        places = np.flatnonzero(chosen)
        found = [_scores(stage, ask, width, one, places) for one in inputs[f"{role}_shown"]]
        scores = np.asarray(np.mean(found, axis=0), np.float32)
        arrays |= _named(prefix, _unit(scores) if enrolls else scores, faces, places)
        arrays[f"{prefix}truth"] = np.asarray(faces.labels[name])[places]
        if enrolls:
            # Under closed protocols the gallery lies in the attacker's part: the same people.
            own = role if np.asarray(parts[role].arrays["gallery"]).any() else "attacker"
            places = np.flatnonzero(np.asarray(parts[own].arrays["gallery"]))
            made = scores[:0]  # people with one take each: there is nothing to enroll
            if len(places):
                made = _scores(stage, ask, width, inputs.one(f"{own}_enrolled"), places)
            arrays |= _named(f"{prefix}gallery.", _unit(made), faces_in(parts[own]), places)
    return Artifact(arrays)


def _named(prefix: str, scores: Scores, faces: Faces, places: Places) -> dict[str, Array]:
    person = np.asarray(faces.labels["identity"])[places].astype(np.int64)
    return {
        f"{prefix}scores": scores,
        f"{prefix}person": person,
        f"{prefix}image_id": faces.image_id[places],
    }


def asker(attacker: Attacker, learned: Artifact, target: Target, worker: Worker) -> tuple[Ask, int]:
    """The attacker's method that answers, and the number of its columns; 0 if any will do."""
    weights, context = learned.weights, worker.protecting()
    if isinstance(attacker, Matcher):
        return lambda sample: attacker.embed(sample, weights, context), 0
    if isinstance(attacker, Regressor):
        return lambda sample: _column(attacker.predict(sample, weights, context)), 1
    if isinstance(attacker, Classifier):
        return lambda sample: attacker.predict(sample, weights, context), len(target.classes)
    raise TypeError(f"expected a classifier, regressor or matcher, got {attacker.name}")


def _unit(templates: NDArray[np.float32]) -> NDArray[np.float32]:
    """Templates (N, D) at length 1: their inner products are cosines."""
    length = np.linalg.norm(templates, axis=-1, keepdims=True)
    return np.asarray(templates / np.maximum(length, 1e-12), np.float32)


def _column(numbers: Scores) -> Scores:
    """Numbers (N,) as (N, 1)."""
    return numbers[:, None] if isinstance(numbers, np.ndarray) and numbers.ndim == 1 else numbers


def _scores(stage: Stage, ask: Ask, width: int, release: Artifact, places: Places) -> Scores:
    """The attacker's answers, (N, C): each distinct input is shown once, shuffled.

    So equal inputs get equal answers to the last bit (a place in a batch must not break ties), and
    the order reveals nothing to the attacker.
    """
    granted = stage.names("side_info")  # notes; it learned the disclosed weights in training
    notes = {name: note for name, note in notes_in(release).items() if name in granted}
    shown = inputs_in(release)
    equal = first_equal([shown, *notes.values()], places)
    first, copy_of = np.unique(equal, return_inverse=True)
    order = generator("order", stage.number("seed")).permutation(len(first))
    index, made = places[first[order]], []
    for at in blocks(shown, len(index)):
        noted = {name: note[index[at]] for name, note in notes.items()}
        sample = Sample(shown[index[at]], {}, noted)
        made.append(finite(ask(sample), len(sample), width, stage.spec.name))
    return np.concatenate(made)[np.argsort(order)][copy_of]


def finite(scores: object, n: int, width: int, name: str) -> Scores:
    """The answers, float32 (n, width), or of any width if that is 0.

    Raises:
        ValueError: if they have another shape, or are not finite floats.
    """
    wide = scores.shape[-1] if isinstance(scores, np.ndarray) else 1
    expected = (n, width or wide)
    if not isinstance(scores, np.ndarray) or scores.shape != expected:
        raise ValueError(f"expected {name} to return {expected}, got {describe(scores)}")
    if not np.issubdtype(scores.dtype, np.floating) or not np.isfinite(scores).all():
        raise ValueError(f"expected {name} to return finite floats, got {describe(scores)}")
    return scores.astype(np.float32)
