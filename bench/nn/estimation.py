"""The defender's own classifier of a label, for defenses that need an estimate of it."""

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch.nn import functional

from bench.api import Context, Weights
from bench.faces import MISSING, Array, Images
from bench.nn.backbones import ConvNet
from bench.nn.classifier import Labelled, exact_outputs, fitted
from bench.nn.inputs import Augmentation, scaled
from bench.nn.state import restored
from bench.nn.training import Schedule

VALID_SHARE = 0.2  # of the pictures or people, for early stopping
STEPS, ROUNDS = 80, 3

Ids = NDArray[np.int64]


class Split(NamedTuple):
    """Positions of pictures: for training, and for early stopping."""

    train: Ids
    valid: Ids


def random_split(truth: Array, context: Context) -> Split:
    """The pictures with a known label; a random fifth is held out."""
    known = context.rng.permutation(np.flatnonzero(truth != MISSING))
    valid, train = np.split(known, [max(1, round(VALID_SHARE * len(known)))])
    return Split(train, valid)


def split_by_person(person: Array, context: Context, least: int = 1) -> Split:
    """A fifth of the people is held out, and no fewer than `least`."""
    people = context.rng.permutation(np.unique(person))
    held = np.isin(person, people[: max(least, round(VALID_SHARE * len(people)))])
    return Split(np.flatnonzero(~held), np.flatnonzero(held))


def fitted_label(images: Images, truth: Array, split: Split, context: Context) -> Weights:
    """The classifier's state, with its learning curve, and `n_classes`, (1,).

    Pictures whose label is missing are left out.
    """
    truth = np.asarray(truth, np.int64)
    known = (part[truth[part] != MISSING] for part in split)
    train, valid = (Labelled(images[part], truth[part]) for part in known)
    n_classes = int(truth.max()) + 1
    build = partial(ConvNet, n_classes, images.shape[-1])
    augmentation = Augmentation(shift=0.06, flip=True)
    schedule = Schedule(lr=2e-3, batch=48, steps=STEPS, rounds=ROUNDS)
    weights = fitted(build, train, valid, augmentation, schedule, context)
    return {**weights, "n_classes": np.array([n_classes])}


def label_log_probs(images: Images, weights: Weights, device: str) -> NDArray[np.float32]:
    """Log-probabilities of the classes, (N, C)."""
    net = restored(ConvNet(int(weights["n_classes"][0]), images.shape[-1]), weights, device)
    logits = exact_outputs(lambda chunk: net(scaled(chunk)), device, images)
    return functional.log_softmax(logits, dim=1).numpy()
