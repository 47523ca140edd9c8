"""The networks that an autoencoder is trained against: they know the defender's people only."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from bench.api import Context, Weights
from bench.faces import Array, Faces, Images
from bench.nn import classifier, embedder
from bench.nn.backbones import FACENET_WIDTH, backbone
from bench.nn.classifier import Labelled, answered
from bench.nn.inputs import Pictures
from bench.nn.state import restored
from bench.nn.training import Schedule

TEMPLATE = 128  # numbers in an embedding
VALID_SHARE = 0.2  # of the defender's people, to stop by
CHANGES = Pictures(shift=0.06, flip=True, warp=0.12, light=0.2)  # of pictures while they train

Rows = NDArray[np.int64]


class Deal(NamedTuple):
    """The defender's rows: those to learn from, and those of other people to stop by."""

    train: Rows
    valid: Rows


def dealt(person: Array, context: Context) -> Deal:
    """A fifth of the people, two at least, is held out."""
    people = context.rng.permutation(np.unique(person))
    held = np.isin(person, people[: max(2, round(VALID_SHARE * len(people)))])
    return Deal(np.flatnonzero(~held), np.flatnonzero(held))


def part(weights: Weights, name: str) -> Weights:
    """The arrays under a name, without it."""
    start = f"{name}."
    return {key.removeprefix(start): w for key, w in weights.items() if key.startswith(start)}


def under(name: str, weights: Weights) -> Weights:
    """The arrays with a name before theirs."""
    return {f"{name}.{key}": array for key, array in weights.items()}


def schedule(steps: int) -> Schedule:
    """How they train; `steps` are those of the first of four rounds."""
    return Schedule(lr=2e-3, batch=48, steps=steps, rounds=4)


def gender_classifiers(
    names: str, faces: Faces, deal: Deal, steps: int, context: Context
) -> Weights:
    """The states of networks that tell gender, under `classifier0`, `classifier1`, ...

    Args:
        names: of bench.nn.backbones, joined by +.
        faces: with the label `gender`.
        deal: of their rows.
        steps: of the first round.
        context: randomness and device.
    """
    truth, size_px = np.asarray(faces.labels["gender"], np.int64), faces.images.shape[-1]
    train, valid = (Labelled(faces.images[rows], truth[rows]) for rows in deal)
    found: dict[str, Array] = {}
    for number, name in enumerate(names.split("+")):
        state = classifier.fitted(
            lambda name=name: backbone(name, 2, size_px),  # type: ignore[misc]
            train,
            valid,
            CHANGES,
            schedule(steps),
            context,
        )
        found |= under(f"classifier{number}", state)
    return found


def restored_classifiers(
    names: str, weights: Weights, size_px: int, device: str
) -> list[nn.Module]:
    """Those networks, which do not learn any more."""
    return [
        restored(backbone(name, 2, size_px), part(weights, f"classifier{number}"), device)
        for number, name in enumerate(names.split("+"))
    ]


def said(nets: Sequence[nn.Module], images: Images, device: str) -> NDArray[np.float32]:
    """Their mean log-probabilities of the genders, (N, 2)."""
    answers = [answered(net, images, Pictures(), device) for net in nets]
    return np.asarray(np.mean(answers, axis=0), np.float32)


def matcher(
    name: str, faces: Faces, deal: Deal, steps: int, context: Context, given: Weights
) -> nn.Module:
    """A network that embeds people, and does not learn any more.

    Args:
        name: of bench.nn.backbones.
        faces: with the label `identity`.
        deal: of their rows.
        steps: of the first round.
        context: randomness and device.
        given: the state of a `facenet` that learned elsewhere; without one it learns from `faces`.
    """
    person, size_px = np.asarray(faces.labels["identity"], np.int64), faces.images.shape[-1]
    if given:
        return restored(backbone(name, FACENET_WIDTH, size_px), given, context.device)
    train, valid = (Labelled(faces.images[rows], person[rows]) for rows in deal)
    state = embedder.fitted(
        lambda: backbone(name, TEMPLATE, size_px),
        TEMPLATE,
        train,
        valid,
        "margin",
        CHANGES,
        schedule(steps),
        context,
    )
    return restored(backbone(name, TEMPLATE, size_px), state, context.device)
