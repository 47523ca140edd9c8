"""Trains an attacker on what its threat lets it know."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.api import Attacker, Knowledge
from bench.faces import MISSING, Array, Sample, Target
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
    last = 1 + stage.number("n_releases")
    start = inputs[last].weights if len(inputs) > last else None
    learning = knowledge(stage, inputs[0], inputs[1:last])._replace(start=start)
    rng = generator("attack", stage.number("seed"), attacker.name)
    return of_weights(attacker.fit(learning, worker.training(rng)), attacker.name)


def knowledge(stage: Stage, part: Artifact, releases: Sequence[Artifact]) -> Knowledge:
    """All that the attacker may learn from; nothing here leads back to rows, names or the probe.

    Args:
        stage: says the target, what is told, and whether labels are shuffled (the control).
        part: the attacker's faces, with the mask `valid`.
        releases: what it sees of them, one artifact per draw; of the same rows in the same order.

    Raises:
        ValueError: if no labelled picture is left to learn from or to validate on.
    """
    name = stage.text("target")
    target = next(target for target in targets_in(part) if target.name == name)
    labels = faces_in(part).labels
    rng = generator("knowledge", stage.number("seed"), name)
    truth = np.array(labels[name])
    known = truth != MISSING
    if stage.number("permuted"):
        truth[known] = rng.permutation(truth[known])
    _, person = np.unique(labels["identity"], return_inverse=True)
    person = rng.permutation(person.max() + 1)[person]  # (N,), meaningless numbers
    valid: Mask = np.asarray(part.arrays["valid"], bool)
    told = stage.names("told")
    train, held = (
        _sample(releases, rows & known, {name: truth, "person": person}, told)
        for rows in (~valid, valid)
    )
    if not (len(train) and len(held)):
        raise ValueError(f"the attacker has {len(train)} + {len(held)} pictures with {name!r}")
    if name == "identity":
        target = Target(name, target.kind, tuple(map(str, range(len(target.classes)))))
    return Knowledge(train, held, None, target, frozenset(told))


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
