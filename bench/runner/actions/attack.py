"""Trains an attacker on what its threat lets it know."""

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from bench.api import Attacker, Knowledge, Weights
from bench.faces import Array, Sample, Target, missing
from bench.registry import make
from bench.runner.artifacts import faces_in, inputs_in, notes_in, of_weights, targets_in
from bench.runner.luck import generator
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker

Mask = NDArray[np.bool_]


def attack(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """What the attacker learned."""
    attacker = make(Attacker, stage.spec)
    given = iter(inputs)
    part = next(given)
    releases, gallery, fitted = (
        list(islice(given, stage.number(name))) for name in ("n_releases", "gallery", "disclosed")
    )
    start = list(given)
    learning = knowledge(stage, part, releases, gallery, fitted)
    if start:
        learning = learning._replace(start=start[0].weights)
    rng = generator("attack", stage.number("seed"), attacker.name)
    return of_weights(attacker.fit(learning, worker.training(rng)), attacker.name)


def knowledge(
    stage: Stage,
    part: Artifact,
    releases: Sequence[Artifact],
    gallery: Sequence[Artifact] = (),
    fitted: Sequence[Artifact] = (),
) -> Knowledge:
    """All that the attacker may learn from; nothing here leads back to rows, names or the probe.

    Args:
        stage: says the target and what is told.
        part: the attacker's faces, with the mask `valid`.
        releases: what it sees of them, one artifact per draw; of the same rows in the same order.
        gallery: the probe's faces, where the threat grants raw pictures of the people asked about.
        fitted: what the defense learned, where the threat may grant arrays of it.

    Raises:
        ValueError: if no labelled picture is left to learn from or to validate on, or what is to be
            told is neither noted nor learned by the defense.
    """
    name = stage.text("target")
    target = next(target for target in targets_in(part) if target.name == name)
    labels = faces_in(part).labels
    rng = generator("knowledge", stage.number("seed"), name)
    truth = np.array(labels[name])
    known = ~missing(truth)
    _, person = np.unique(labels["identity"], return_inverse=True)
    person = rng.permutation(person.max() + 1)[person]  # (N,), meaningless numbers
    valid: Mask = np.asarray(part.arrays["valid"], bool)
    told = stage.names("told")
    notes = [name for name in told if name in notes_in(releases[0])]
    disclosed = _disclosed(set(told) - set(notes), fitted)
    learned = _some(part, ~valid, float(stage.text("share")), rng)
    train, held = (
        _sample(releases, rows & known, {name: truth, "person": person}, notes)
        for rows in (learned, valid)
    )
    if not (len(train) and len(held)):
        raise ValueError(f"the attacker has {len(train)} + {len(held)} pictures with {name!r}")
    if name == "identity":
        target = Target(name, target.kind, tuple(map(str, range(len(target.classes)))))
    enrolled = _enrolled([part, *gallery], name, rng) if gallery else None
    return Knowledge(train, held, enrolled, target, frozenset(told), disclosed=disclosed)


def _disclosed(names: Iterable[str], fitted: Sequence[Artifact]) -> Weights:
    """The arrays of these names among what the defense learned."""
    weights = fitted[0].weights if fitted else {}
    if absent := sorted(set(names) - set(weights)):
        raise ValueError(f"{absent} cannot be told: the defense neither notes nor learns them")
    return {name: weights[name] for name in names}


def _some(part: Artifact, among: Mask, share: float, rng: np.random.Generator) -> Mask:
    """A share of those that are `among`, (N,).

    Of people where strangers are asked about; else of each person's takes, or pictures if there
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


def _enrolled(parts: Sequence[Artifact], name: str, rng: np.random.Generator) -> Sample:
    """The raw gallery pictures of the parts: of the people in the validation part and the probe."""
    inputs, truth, person = [], [], []
    for part in parts:
        faces = faces_in(part)
        rows = np.flatnonzero(
            np.asarray(part.arrays["gallery"], bool) & ~missing(np.asarray(faces.labels[name]))
        )
        inputs.append(faces.images[rows])
        truth.append(np.asarray(faces.labels[name])[rows])
        person.append(np.asarray(faces.labels["identity"])[rows])
    _, number = np.unique(np.concatenate(person), return_inverse=True)
    number = rng.permutation(number.max() + 1)[number]
    return Sample(np.concatenate(inputs), {name: np.concatenate(truth), "person": number})


def _sample(
    releases: Sequence[Artifact], rows: Mask, labels: dict[str, Array], told: Sequence[str]
) -> Sample:
    """The rows of all draws, one draw after the other; indexing copies, so no view leads back."""
    n = len(releases)
    return Sample(
        np.concatenate([inputs_in(release)[rows] for release in releases]),
        {name: np.tile(values[rows], n) for name, values in labels.items()},
        {
            note: np.concatenate([notes_in(release)[note][rows] for release in releases])
            for note in told
        },
    )
