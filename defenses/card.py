"""A card without a face: what the utility is worth when nothing else is given out."""

from dataclasses import dataclass

import numpy as np

from bench.api import Context, Learned, Weights, field
from bench.faces import MISSING, Faces, Release
from bench.nn.backbones import ConvNet
from bench.nn.classifier import Labelled, answered, fitted
from bench.nn.inputs import Pictures
from bench.nn.state import restored
from bench.nn.training import Schedule
from bench.registry import register

VALID_SHARE = 0.2  # of the defender's pictures, to stop its classifier by
SCHEDULE = Schedule(lr=2e-3, batch=48, steps=80, rounds=3)


@register("card", control=True)
@dataclass(frozen=True)
class Card(Learned):
    """Gives out a card that prints the utility label as the defender's classifier sees it.

    A defense that keeps no more of the utility than this, and hides no more, is worth no more.

    Source: ours.
    """

    utility: str = field("expression", about="label that is printed")

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """The label that is printed."""
        return (self.utility,)

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The defender's classifier; it stops on a random fifth of the defender's pictures."""
        truth = np.asarray(faces.labels[self.utility], np.int64)
        known = context.rng.permutation(np.flatnonzero(truth != MISSING))
        valid, train = np.split(known, [max(1, round(VALID_SHARE * len(known)))])
        n_classes = int(truth.max()) + 1
        weights = fitted(
            lambda: ConvNet(n_classes, faces.images.shape[-1]),
            Labelled(faces.images[train], truth[train]),
            Labelled(faces.images[valid], truth[valid]),
            Pictures(shift=0.06, flip=True),
            SCHEDULE,
            context,
        )
        return {**weights, "n_classes": np.array([n_classes])}

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Black cards with a white bar whose place is the label: one of C columns.

        Notes: `scores`, the classifier's log-probabilities, float32 (N, C).
        """
        n_classes, width = int(weights["n_classes"][0]), faces.images.shape[-1]
        net = restored(ConvNet(n_classes, width), weights, context.device)
        scores = answered(net, faces.images, Pictures(), context.device)
        label = scores.argmax(axis=1)  # (N,)
        column = np.arange(width) * n_classes // width  # (W,) which label's column a pixel is in
        bar = (column == label[:, None])[:, None, None, :]  # (N, 1, 1, W)
        images = np.broadcast_to(bar * np.uint8(255), faces.images.shape).copy()
        return Release(images, {"scores": scores})
