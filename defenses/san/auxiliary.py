"""The networks that an autoencoder is trained against: of the defender's people only, discarded."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Weights
from bench.faces import Array, Faces
from bench.nn import classifier, embedder
from bench.nn.backbones import backbone
from bench.nn.classifier import Labelled
from bench.nn.inputs import Pictures
from bench.nn.training import Schedule

TEMPLATE = 128  # numbers in an embedding
VALID_SHARE = 0.2  # of the defender's people, to stop by
SCHEDULE = Schedule(lr=2e-3, batch=48, steps=60, rounds=3)
CHANGES = Pictures(shift=0.06, flip=True, warp=0.12, light=0.2)

Rows = NDArray[np.int64]


class Deal(NamedTuple):
    """The defender's rows: those to learn from, and those of other people to stop by."""

    train: Rows
    valid: Rows


def dealt(person: Array, context: Context) -> Deal:
    """A fifth of the people is held out, one of each ... at least two."""
    people = context.rng.permutation(np.unique(person))
    held = np.isin(person, people[: max(2, round(VALID_SHARE * len(people)))])
    return Deal(np.flatnonzero(~held), np.flatnonzero(held))


def gender_classifier(name: str, faces: Faces, deal: Deal, context: Context) -> Weights:
    """The state of a network that tells gender."""
    truth = np.asarray(faces.labels["gender"], np.int64)
    train, valid = (Labelled(faces.images[rows], truth[rows]) for rows in deal)
    size_px = faces.images.shape[-1]
    return classifier.fitted(
        lambda: backbone(name, 2, size_px), train, valid, CHANGES, SCHEDULE, context
    )


def matcher(name: str, faces: Faces, deal: Deal, context: Context) -> Weights:
    """The state of a network that embeds people."""
    person = np.asarray(faces.labels["identity"], np.int64)
    train, valid = (Labelled(faces.images[rows], person[rows]) for rows in deal)
    size_px = faces.images.shape[-1]
    return embedder.fitted(
        lambda: backbone(name, TEMPLATE, size_px),
        TEMPLATE,
        train,
        valid,
        "margin",
        CHANGES,
        SCHEDULE,
        context,
    )
