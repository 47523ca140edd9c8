"""The nearest training pictures, as they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Classifier, Context, Knowledge, Weights, field
from bench.faces import Array, Sample
from bench.memory import blocks, empty, mean_and_std
from bench.registry import register

SIDE_PX = 64  # larger pictures are averaged down: their fine detail is noise to a distance
_MIN_SHARE = 0.05  # of the overall spread: numbers that hardly vary must not decide alone
_RARE = 1e-3  # of a vote, which each class's own nearest picture has: it orders what ties

Floats = NDArray[np.float32]


@register("knn")
@dataclass(frozen=True)
class KNN(Classifier):
    """Lets the nearest training pictures or codes vote; nothing is trained.

    It finds what no mean tells and a network may fail to learn, such as a few fixed pictures for
    each class. Distances are Euclidean, in standardised numbers.

    Source: Cover and Hart, IEEE Transactions on Information Theory 13 (1967) [cover1967knn];
    weighted votes as in Dudani, IEEE Transactions on SMC 6 (1976) [dudani1976knn].
    Differs from it: a vote is weighted by exp(-d^2 / m), where m is the mean d^2 of the voters.
    """

    forms = frozenset({"pixels", "codes"})
    evidence = "neighbours"

    k: int = field(5, about="neighbours that vote", within="[1, 1e6]")

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The training inputs, (M, D), bytes or floats, their classes, mean and scale, (D,)."""
        inputs = _flat(knowledge.train.inputs)
        mean, scale = (each.astype(np.float32) for each in mean_and_std(inputs))
        scale = np.maximum(scale, _MIN_SHARE * np.sqrt(np.mean(scale**2)))
        scale[scale == 0] = 1
        truth = np.asarray(knowledge.train.labels[knowledge.target.name], np.int64)
        n_classes = np.array([len(knowledge.target.classes)])
        return {"x": inputs, "truth": truth, "mean": mean, "scale": scale, "n_classes": n_classes}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> Floats:
        """Logarithms of shares of votes, (N, C)."""
        known, asked = weights["x"], _flat(sample.inputs)
        classes = np.arange(int(weights["n_classes"][0]))
        member = weights["truth"][:, None] == classes  # (M, C)
        row, scores = np.empty((1, max(known.shape)), np.float32), []
        for at in blocks(row, len(asked)):  # of distances, and of numbers
            scores.append(self._voted(_squares(asked[at], known, weights), member))
        return np.concatenate(scores).astype(np.float32)

    def _voted(self, squares: Floats, member: NDArray[np.bool_]) -> Floats:
        """Scores, (B, C), of squared distances, (B, M)."""
        k = min(self.k, squares.shape[1])
        near = np.argpartition(squares, k - 1, axis=1)[:, :k]  # (B, k), in any order
        closest = np.take_along_axis(squares, near, axis=1)
        unit = np.maximum(closest.mean(axis=1, keepdims=True), 1e-6)
        votes = np.einsum("bk,bkc->bc", np.exp(-closest / unit), member[near])  # (B, C)
        for number in np.flatnonzero(member.any(axis=0)):
            best = squares[:, member[:, number]].min(axis=1, keepdims=True)
            votes[:, [number]] += _RARE * np.exp(-best / unit)
        shares = votes / votes.sum(axis=1, keepdims=True)
        return np.asarray(np.log(np.maximum(shares, 1e-12)), np.float32)


def _squares(asked: Array, known: Array, weights: Weights) -> Floats:
    """Squared distances in standardised numbers, (B, M), of inputs (B, D) and (M, D)."""
    x = (asked - weights["mean"]) / weights["scale"]  # (B, D), float32
    lengths = np.square(x).sum(axis=1, keepdims=True)  # (B, 1)
    squares = np.empty((len(asked), len(known)), np.float32)
    for at in blocks(weights["mean"][None], len(known)):
        y = (known[at] - weights["mean"]) / weights["scale"]
        squares[:, at] = lengths + np.square(y).sum(axis=1) - 2 * x @ y.T
    return np.maximum(squares, 0, out=squares)


def _flat(inputs: Array) -> NDArray[np.uint8] | Floats:
    """Pictures of at most SIDE_PX as bytes, or codes as floats, (N, D)."""
    if inputs.dtype != np.uint8:
        return inputs.astype(np.float32, copy=False)
    if max(inputs.shape[2:]) > SIDE_PX:
        from bench.forensics.image_features import block_means  # here: scipy takes time to import

        small = empty((*inputs.shape[:2], *np.minimum(inputs.shape[2:], SIDE_PX)), np.uint8)
        for at in blocks(inputs):
            small[at] = np.rint(block_means(inputs[at], SIDE_PX))
        inputs = small
    return inputs.astype(np.uint8, copy=False).reshape(len(inputs), -1)
