"""The defender's own classifier of a label, for defenses that need an estimate of it."""

from functools import partial

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


def random_split(truth: Array, context: Context) -> tuple[Ids, Ids]:
    """The pictures with a known label, for training and (a random fifth) for early stopping."""
    known = context.rng.permutation(np.flatnonzero(truth != MISSING))
    valid, train = np.split(known, [max(1, round(VALID_SHARE * len(known)))])
    return train, valid


def split_by_person(truth: Array, person: Array, context: Context) -> tuple[Ids, Ids]:
    """The pictures with a known label, for training and (of a fifth of the people) for stopping."""
    people = context.rng.permutation(np.unique(person))
    held = np.isin(person, people[: max(1, round(VALID_SHARE * len(people)))])
    known = np.asarray(truth) != MISSING
    return np.flatnonzero(known & ~held), np.flatnonzero(known & held)


def fitted_label(images: Images, truth: Array, parts: tuple[Ids, Ids], context: Context) -> Weights:
    """The classifier's state, with its learning curve, and `n_classes`, (1,).

    `parts` are the positions of the pictures for training and for early stopping.
    """
    truth = np.asarray(truth, np.int64)
    train, valid = (Labelled(images[index], truth[index]) for index in parts)
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
