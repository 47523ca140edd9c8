"""A card without a face: a baseline that gives out the utility label and nothing else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Described, Learned, Weights, field
from bench.faces import Faces, Images, Labels
from bench.registry import register

BASE = 32  # y holds the class as two digits, which 5 bits each hold exactly

Floats = NDArray[np.float32]


@register("card", control=True)
@dataclass(frozen=True)
class Card(Learned, Described):
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
        from bench.nn.estimation import fitted_label, random_split

        truth = np.asarray(faces.labels[self.utility], np.int64)
        if (n_classes := int(truth.max()) + 1) > BASE**2:
            raise ValueError(f"expected at most {BASE**2} classes on a card, got {n_classes}")
        return fitted_label(faces.images, truth, random_split(truth, context), context)

    def describe(self, faces: Faces, weights: Weights, context: Context) -> Floats:
        """The predicted class in two digits of base 32, each over 31, (N, 2)."""
        label = self._scores(faces.images, weights, context).argmax(axis=1)  # (N,)
        return np.stack(np.divmod(label, BASE), axis=1).astype(np.float32) / np.float32(BASE - 1)

    def render(self, y: Floats, weights: Weights, context: Context) -> Images:
        """Black cards with a white bar in one of C columns: that of the label."""
        n_classes, width = int(weights["n_classes"][0]), context.shape[-1]
        label = np.rint(y * (BASE - 1)).astype(np.int64) @ [BASE, 1]  # (N,)
        column = np.arange(width) * n_classes // width  # (W,), of each pixel column
        bar = (column == label[:, None])[:, None, None, :]  # (N, 1, 1, W)
        return np.broadcast_to(bar * np.uint8(255), (len(y), *context.shape)).copy()

    def notes(self, faces: Faces, y: Floats, weights: Weights, context: Context) -> Labels:
        """`scores`, the classifier's log-probabilities, float32 (N, C)."""
        return {"scores": self._scores(faces.images, weights, context)}

    def _scores(self, images: Images, weights: Weights, context: Context) -> Floats:
        from bench.nn.estimation import label_log_probs

        return label_log_probs(images, weights, context.device)
