"""A card without a face: a baseline that gives out the utility label and nothing else."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.api import Context, Learned, Weights, field
from bench.faces import MISSING, Faces, Release
from bench.nn.state import restored
from bench.registry import register

VALID_SHARE = 0.2  # of the defender's pictures, for early stopping of its classifier
STEPS, ROUNDS = 80, 3  # of the training of the classifier


@register("card", control=True)
@dataclass(frozen=True)
class Card(Learned):
    """Prints the utility label, predicted by the defender's classifier, on a blank card.

    A defense is useful only if it keeps more utility, or hides more, than this control.

    Source: ours.
    """

    utility: str = field("expression", about="label to print")

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """The label that is printed."""
        return (self.utility,)

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The defender's classifier, stopped on a random fifth of the defender's pictures."""
        from bench.nn.backbones import ConvNet
        from bench.nn.classifier import Labelled, fitted
        from bench.nn.inputs import Augmentation
        from bench.nn.training import Schedule

        truth = np.asarray(faces.labels[self.utility], np.int64)
        known = context.rng.permutation(np.flatnonzero(truth != MISSING))
        parts = np.split(known, [max(1, round(VALID_SHARE * len(known)))])
        valid, train = (Labelled(faces.images[index], truth[index]) for index in parts)
        n_classes = int(truth.max()) + 1
        build = partial(ConvNet, n_classes, faces.images.shape[-1])
        augmentation = Augmentation(shift=0.06, flip=True)
        schedule = Schedule(lr=2e-3, batch=48, steps=STEPS, rounds=ROUNDS)
        weights = fitted(build, train, valid, augmentation, schedule, context)
        return {**weights, "n_classes": np.array([n_classes])}

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Black cards with a white bar in one of C columns: that of the label.

        Notes: `scores`, the classifier's log-probabilities, float32 (N, C).
        """
        from bench.nn.backbones import ConvNet
        from bench.nn.classifier import log_probs
        from bench.nn.inputs import Augmentation

        n_classes, width = int(weights["n_classes"][0]), faces.images.shape[-1]
        net = restored(ConvNet(n_classes, width), weights, context.device)
        scores = log_probs(net, faces.images, Augmentation(), context.device)
        label = scores.argmax(axis=1)  # (N,)
        column = np.arange(width) * n_classes // width  # (W,), of each pixel column
        bar = (column == label[:, None])[:, None, None, :]  # (N, 1, 1, W)
        images = np.broadcast_to(bar * np.uint8(255), faces.images.shape).copy()
        return Release(images, {"scores": scores})
