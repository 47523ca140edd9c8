"""Trains an attacker on what its threat lets it know."""

import json
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.api import Attacker, Knowledge, Weights
from bench.faces import Array, Sample, Target, missing
from bench.memory import empty, picked
from bench.registry import make
from bench.runner.artifacts import (
    Artifact,
    Inputs,
    faces_in,
    inputs_in,
    notes_in,
    of_weights,
    targets_in,
)
from bench.runner.rng import generator
from bench.runner.stage import Stage
from bench.runner.worker import Worker

Mask = NDArray[np.bool_]


def attack(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The attacker's weights."""
    attacker = make(Attacker, stage.spec)
    learning = knowledge(stage, inputs)
    rng = generator("attack", stage.number("seed"), attacker.name)
    return of_weights(attacker.fit(learning, worker.training(rng)), attacker.name)


def knowledge(stage: Stage, inputs: Inputs) -> Knowledge:
    """All that the attacker may learn from, without image ids, names or the probe.

    Args:
        stage: names the target and the side information.
        inputs: `faces`, the attacker's, with the mask `valid`; `releases` of them, one per draw, in
            the same order; where the threat grants them `gallery`, the probe's faces, and
            `disclosed`, the defense's weights; `start`, the attacker's weights on raw pictures.

    Raises:
        ValueError: if no labelled picture is left to train on or to validate on, or the defense
            neither notes nor learns the side information.
    """
    part, releases, name = inputs.one("faces"), inputs["releases"], stage.text("target")
    target = next(target for target in targets_in(part) if target.name == name)
    labels = faces_in(part).labels
    rng = generator("knowledge", stage.number("seed"), name)
    truth = np.array(labels[name])
    known = ~missing(truth)
    _, person = np.unique(labels["identity"], return_inverse=True)
    person = rng.permutation(person.max() + 1)[person]  # (N,), meaningless numbers
    valid: Mask = np.asarray(part.arrays["valid"], bool)
    side_info = stage.names("side_info")
    notes = [name for name in side_info if name in notes_in(releases[0])]
    disclosed = _disclosed(set(side_info) - set(notes), inputs.get("disclosed", ()))
    learned = _some(part, ~valid, float(stage.text("share")), rng)
    shown = {"person": person, name: truth}  # a target may be called `person`
    train, held_out = (_sample(releases, mask & known, shown, notes) for mask in (learned, valid))
    if not (len(train) and len(held_out)):
        raise ValueError(
            f"expected pictures with a label {name!r} to train and to validate on, got "
            f"{len(train)} and {len(held_out)}"
        )
    if name == "identity":
        target = Target(name, target.kind, tuple(map(str, range(len(target.classes)))))
    gallery = _gallery([part, *inputs["gallery"]], name, rng) if "gallery" in inputs else None
    start = inputs.one("start").weights if "start" in inputs else None
    points = json.loads(stage.text("face_points")) if "face_points" in stage.detail else ()
    known_to = (frozenset(side_info), start, disclosed, tuple(map(tuple, points)))
    return Knowledge(train, held_out, gallery, target, *known_to)


def _disclosed(names: Iterable[str], fitted: Sequence[Artifact]) -> Weights:
    """The arrays of these names among the defense's weights."""
    weights = fitted[0].weights if fitted else {}
    if absent := sorted(set(names) - set(weights)):
        raise ValueError(
            f"expected side information among notes and weights, got {absent}, which the defense "
            "neither notes nor learns"
        )
    return {name: weights[name] for name in names}


def _some(part: Artifact, among: Mask, share: float, rng: np.random.Generator) -> Mask:
    """A share of the pictures in the mask `among`, (N,).

    By person if it validates on other people; else by each person's takes, or pictures if there
    are no takes.
    """
    if share == 1:
        return among
    labels = faces_in(part).labels
    person = np.asarray(labels["identity"])
    known = np.isin(person[among], person[~among]).any()  # it validates on those it learns from
    group = np.asarray(labels.get("take", np.arange(len(person)))) if known else person
    within = person if known else np.zeros_like(person)
    chosen: list[Array] = []
    for one in np.unique(within):
        groups = rng.permutation(np.unique(group[among & (within == one)]))
        chosen.append(groups[: max(1, round(share * len(groups)))])
    return among & np.isin(group, np.concatenate(chosen))


def _gallery(parts: Sequence[Artifact], name: str, rng: np.random.Generator) -> Sample:
    """The raw gallery pictures of the parts, with labels and meaningless numbers of people."""
    inputs, truth, person = [], [], []
    for part in parts:
        faces = faces_in(part)
        known = np.asarray(part.arrays["gallery"], bool) & ~missing(np.asarray(faces.labels[name]))
        inputs.append(faces.images[known])
        truth.append(np.asarray(faces.labels[name])[known])
        person.append(np.asarray(faces.labels["identity"])[known])
    _, number = np.unique(np.concatenate(person), return_inverse=True)
    number = rng.permutation(number.max() + 1)[number]
    return Sample(np.concatenate(inputs), {"person": number, name: np.concatenate(truth)})


def _sample(
    releases: Sequence[Artifact], chosen: Mask, labels: dict[str, Array], notes: Sequence[str]
) -> Sample:
    """Copies of the chosen pictures of all draws, one draw after the other: no view leads back."""
    first, n = inputs_in(releases[0]), int(chosen.sum())
    inputs = empty((len(releases) * n, *first.shape[1:]), first.dtype)
    for i, release in enumerate(releases):
        inputs[i * n : (i + 1) * n] = picked(inputs_in(release), chosen)
    repeated = {name: np.tile(label[chosen], len(releases)) for name, label in labels.items()}
    noted = [notes_in(release) for release in releases]
    granted = {name: np.concatenate([draw[name][chosen] for draw in noted]) for name in notes}
    return Sample(inputs, repeated, granted)
