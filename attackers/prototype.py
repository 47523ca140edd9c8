"""Looks for the pattern that a prototype leaves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bench.api import Classifier, Context, Knowledge, Weights, field
from bench.faces import Array, Sample
from bench.registry import register

NAME = "prototypes"  # what a defense discloses its prototypes as, (K, 3, H, W), 0..1, classes first
BANDS = (0.0, 0.03, 0.12)  # blurs that are taken away, fractions of the width; 0: none
_EDGE = 0.5 / 255  # keeps the logit of black and white finite

Floats = NDArray[np.float32]


@register("prototype")
@dataclass(frozen=True)
class Prototype(Classifier):
    """Matched filters for the prototypes of the classes, and logistic regression on their replies.

    A defense that moves pictures towards prototypes adds nearly the same pattern to all of a class;
    it is found however little it changes the picture. Prototypes are told (`told=prototypes`), or
    the class means of what the attacker first learned from: raw pictures of its own people.

    Source: ours; filters as in Turin, IRE Transactions on Information Theory 6 (1960).
    """

    uses_start, uses_told = True, True

    c: float = field(1.0, about="inverse weight of the regression's penalty")

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """Prototypes (C, 3, H, W), mean and scale of the answers (F,), and the regression.

        Raises:
            ValueError: if the prototypes that it was told are of another size.
        """
        from sklearn.linear_model import LogisticRegression  # here: it is slow to import

        n_classes = len(knowledge.target.classes)
        three = _prototypes(knowledge, n_classes)
        found = _filtered(knowledge.train.inputs, three)  # (N, F)
        mean, scale = found.mean(axis=0), found.std(axis=0) + np.float32(1e-6)
        truth = np.asarray(knowledge.train.labels[knowledge.target.name], np.int64)
        fitted = LogisticRegression(C=self.c, max_iter=1000).fit((found - mean) / scale, truth)
        slopes = np.zeros((n_classes, found.shape[1]), np.float32)
        offsets = np.full(n_classes, -50, np.float32)  # of classes that it has not seen
        for row, number in enumerate(fitted.classes_):
            binary = len(fitted.classes_) == 2
            slopes[number] = fitted.coef_[0] * (row - 0.5) if binary else fitted.coef_[row]
            offsets[number] = (
                fitted.intercept_[0] * (row - 0.5) if binary else fitted.intercept_[row]
            )
        learned = {NAME: three, "mean": mean, "scale": scale, "slopes": slopes, "offsets": offsets}
        return {name: np.asarray(array, np.float32) for name, array in learned.items()}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> Floats:
        """Logits, (N, C)."""
        found = (_filtered(sample.inputs, weights[NAME]) - weights["mean"]) / weights["scale"]
        return np.asarray(found @ weights["slopes"].T + weights["offsets"], np.float32)


def _prototypes(knowledge: Knowledge, n_classes: int) -> Floats:
    """Of the classes, (C, 3, H, W): told, or estimated from raw pictures, or from what it sees."""
    images = knowledge.train.inputs
    if NAME in knowledge.disclosed:
        told = np.asarray(knowledge.disclosed[NAME][:n_classes], np.float32)
        if told.shape != (n_classes, *images.shape[1:]):
            raise ValueError(
                f"prototypes of {n_classes} classes of pictures {images.shape[1:]} "
                f"wanted, told are {told.shape}; use another attacker"
            )
        return told
    if knowledge.start:
        return np.asarray(knowledge.start[NAME], np.float32)
    truth = knowledge.train.labels[knowledge.target.name]
    everybody = images.mean(axis=0, dtype=np.float64)
    means = [
        images[truth == number].mean(axis=0, dtype=np.float64)
        if (truth == number).any()
        else everybody
        for number in range(n_classes)
    ]
    return np.asarray(np.stack(means) / 255, np.float32)


def _filtered(images: Array, prototypes: Floats) -> Floats:
    """How much of each prototype's difference from their mean is in each picture, (N, F).

    In logits, where prototypes add up; per colour and band.
    """
    level = np.clip(images.astype(np.float32) / 255, _EDGE, 1 - _EDGE)
    logits = np.log(level / (1 - level))  # (N, 3, H, W)
    patterns = prototypes - prototypes.mean(axis=0)  # (C, 3, H, W)
    answers = []
    for blur in BANDS:
        shown, sought = _band(logits, blur), _band(patterns, blur)
        power = (sought**2).sum(axis=(2, 3)) + np.float32(1e-6)  # (C, 3)
        found = np.einsum("nkhw,ckhw->nck", shown, sought) / power  # (N, C, 3)
        answers.append(found.reshape(len(images), -1))
    return np.asarray(np.concatenate(answers, axis=1), np.float32)  # (N, bands*C*3)


def _band(images: Floats, blur: float) -> Floats:
    """The pictures less their blurred copies."""
    if not blur:
        return images
    sigma_px = blur * images.shape[-1]
    smooth = ndimage.gaussian_filter(images, (0, 0, sigma_px, sigma_px), mode="nearest")
    return np.asarray(images - smooth, np.float32)
