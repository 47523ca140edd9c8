"""Matched filters for the pattern that prototypes add to pictures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bench.api import Classifier, Context, Knowledge, Weights, field
from bench.faces import Array, Sample
from bench.registry import register

NAME = "prototypes"  # of the array that a defense discloses, (K, 3, H, W), 0..1, classes first
BANDS = (0.0, 0.03, 0.12)  # sigmas of the blurs that are subtracted, fractions of the width
_EDGE = 0.5 / 255  # keeps the logit of black and white finite

Floats = NDArray[np.float32]


@register("prototype")
@dataclass(frozen=True)
class Prototype(Classifier):
    """Fits logistic regression to matched filters for the prototypes of the classes.

    A defense that moves pictures towards prototypes adds nearly the same pattern to all pictures of
    a class, which filters find even if it is weak. Prototypes are the disclosed ones
    (`side_info=prototypes`), or the class means of the attacker's raw pictures.

    Source: ours; filters as in Turin, IRE Transactions on Information Theory 6 (1960)
        [turin1960filters].
    """

    uses_start = True
    uses_side_info = True

    c: float = field(1.0, about="inverse regularization strength", within="(0, 1e9]")

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """Prototypes (C, 3, H, W), mean and scale of the features (F,), and the regression."""
        from sklearn.linear_model import LogisticRegression  # here: it is slow to import

        n_classes = len(knowledge.target.classes)
        prototypes = _prototypes(knowledge, n_classes)
        features = _filtered(knowledge.train.inputs, prototypes)  # (N, F)
        mean, scale = features.mean(axis=0), features.std(axis=0) + np.float32(1e-6)
        truth = np.asarray(knowledge.train.labels[knowledge.target.name], np.int64)
        fitted = LogisticRegression(C=self.c, max_iter=1000).fit((features - mean) / scale, truth)
        slopes, offsets = fitted.coef_, fitted.intercept_
        if len(fitted.classes_) == 2:  # sklearn gives one logit for both
            slopes, offsets = slopes * [[-0.5], [0.5]], offsets * [-0.5, 0.5]
        learned = {NAME: prototypes, "mean": mean, "scale": scale}
        learned["slopes"] = np.zeros((n_classes, features.shape[1]))
        learned["offsets"] = np.full(n_classes, -50.0)  # of classes without training pictures
        learned["slopes"][fitted.classes_], learned["offsets"][fitted.classes_] = slopes, offsets
        return {name: np.asarray(array, np.float32) for name, array in learned.items()}

    def predict(self, sample: Sample, weights: Weights, context: Context) -> Floats:
        """Logits, (N, C)."""
        features = (_filtered(sample.inputs, weights[NAME]) - weights["mean"]) / weights["scale"]
        return np.asarray(features @ weights["slopes"].T + weights["offsets"], np.float32)


def _prototypes(knowledge: Knowledge, n_classes: int) -> Floats:
    """Disclosed prototypes, (C, 3, H, W), or those of the start, or the class means."""
    images = knowledge.train.inputs
    if NAME in knowledge.disclosed:
        disclosed = np.asarray(knowledge.disclosed[NAME][:n_classes], np.float32)
        if disclosed.shape != (expected := (n_classes, *images.shape[1:])):
            raise ValueError(
                f"expected prototypes {expected}, got {disclosed.shape}; use another attacker"
            )
        return disclosed
    if knowledge.start:
        return np.asarray(knowledge.start[NAME], np.float32)
    truth = knowledge.train.labels[knowledge.target.name]
    means = np.repeat(images.mean(axis=0, dtype=np.float64)[None], n_classes, axis=0)
    for number in np.unique(truth):
        means[number] = images[truth == number].mean(axis=0, dtype=np.float64)
    return np.asarray(means / 255, np.float32)


def _filtered(images: Array, prototypes: Floats) -> Floats:
    """Filter responses, (N, F): how much of each prototype (minus their mean) a picture holds.

    They are computed on logits, to which prototypes are added, per colour and band.
    """
    level = np.clip(images.astype(np.float32) / 255, _EDGE, 1 - _EDGE)
    logits = np.log(level / (1 - level))  # (N, 3, H, W)
    patterns = prototypes - prototypes.mean(axis=0)  # (C, 3, H, W)
    responses = []
    for blur in BANDS:
        picture, pattern = _band(logits, blur), _band(patterns, blur)
        power = (pattern**2).sum(axis=(2, 3)) + np.float32(1e-6)  # (C, 3)
        response = np.einsum("nkhw,ckhw->nck", picture, pattern) / power  # (N, C, 3)
        responses.append(response.reshape(len(images), -1))
    return np.asarray(np.concatenate(responses, axis=1), np.float32)  # (N, bands*C*3)


def _band(images: Floats, blur: float) -> Floats:
    """The pictures minus their blurred copies."""
    if not blur:
        return images
    sigma_px = blur * images.shape[-1]
    smooth = ndimage.gaussian_filter(images, (0, 0, sigma_px, sigma_px), mode="nearest")
    return np.asarray(images - smooth, np.float32)
