"""Scores as probabilities, and how many bits about a label they give to an attacker, at least."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.answers import Answers, Estimate
from bench.metrics.accuracy import rates_by_group
from bench.metrics.intervals import Floats, Ids, estimate

WIDEST = 8.0  # of the log temperature: any would do for scores that do not depend on the picture


class Calibration(NamedTuple):
    """Makes probabilities of scores: softmax(scores / temperature - offset), with some doubt."""

    log_temperature: float  # natural logarithm
    offset: Floats  # float64, (C,), of each class
    # Share of a uniform guess in each answer, 0..1: what is always right on a few validation
    # pictures is wrong once in a while.
    doubt: float

    def bits(self, scores: NDArray[np.float32], truth: Ids) -> Floats:
        """Surprise at each picture's truth in bits, (N,), of scores, (N, C)."""
        shares = special.softmax(scores * np.exp(-self.log_temperature) - self.offset, axis=1)
        own = shares[np.arange(len(truth)), truth]
        return np.asarray(-np.log2((1 - self.doubt) * own + self.doubt / scores.shape[1]))


def bits(answers: Answers, valid: Answers) -> Estimate:
    """Mutual information of a picture's answer and its label, at least, in bits; chance 0.

    log2(K) - cross-entropy, with the K classes that occur weighted alike, of answers calibrated on
    validation answers of the same attacker. A lower bound: a stronger attacker, or one calibrated
    better, finds more. So few bits, also fewer than none, are never evidence that a label is
    hidden.

    Raises:
        ValueError: if one class occurs, or none of them in the validation answers.

    Source: Barber, Agakov, NIPS 2003 [barber2003bits], for the bound; temperature by Guo et al.,
        ICML 2017 [guo2017calibration].
    """
    classes, truth = np.unique(answers.truth, return_inverse=True)
    known = np.isin(valid.truth, classes)
    if len(classes) < 2 or not known.any():
        raise ValueError(
            f"expected answers about two classes or more and validation answers about these, got "
            f"{len(classes)} and {known.sum()}; use other pictures"
        )
    of_valid = np.searchsorted(classes, valid.truth[known])
    found = _calibration(valid.scores[known][:, classes], of_valid)
    surprise = found.bits(answers.scores[:, classes], truth)
    rates = rates_by_group(surprise, truth[:, None] == np.arange(len(classes)))
    return estimate(
        lambda weights: np.log2(len(classes)) - np.nanmean(rates(weights), axis=1),
        answers.person,
        0.0,
        share=False,
    )


def _calibration(scores: NDArray[np.float32], truth: Ids) -> Calibration:
    """The best for scores, (N, C), with classes weighted alike.

    The offset is nothing or, for attackers that learned how frequent classes are, that.
    """
    from scipy.optimize import minimize_scalar  # here: it is slow to import

    counts = np.bincount(truth, minlength=scores.shape[1])
    weights = 1 / counts[truth]
    doubt = 1 / (len(truth) + 1)

    def fitted(offset: Floats) -> tuple[float, Calibration]:
        def loss(log_temperature: float) -> float:
            made = Calibration(log_temperature, offset, doubt)
            return float(weights @ made.bits(scores, truth))

        best = minimize_scalar(loss, bounds=(-WIDEST, WIDEST), method="bounded")
        return float(best.fun), Calibration(float(best.x), offset, doubt)

    offsets = (np.zeros(len(counts)), np.log(np.maximum(counts, 1)))
    return min((fitted(offset) for offset in offsets), key=lambda found: found[0])[1]


def likeliest(answers: Answers, valid: Answers) -> Sequence[tuple[int, float]]:
    """The likeliest class of each picture and its probability, calibrated as `probabilities`."""
    shares = probabilities(answers.scores, valid)  # (N, C)
    return list(zip(shares.argmax(axis=1).tolist(), shares.max(axis=1).tolist(), strict=True))


def probabilities(scores: NDArray[np.float32], valid: Answers) -> Floats:
    """Softmax of scores, (N, C), at the temperature that is likeliest for validation answers.

    The latter are the same attacker's, about other pictures.

    Source: Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks, ICML 2017
        [guo2017calibration].
    """
    from scipy.optimize import minimize_scalar  # here: it is slow to import

    def log_loss(log_temperature: float) -> float:
        predicted = special.log_softmax(valid.scores * np.exp(-log_temperature), axis=1)
        return -float(predicted[np.arange(len(valid)), valid.truth].mean())

    found = minimize_scalar(log_loss, bounds=(-WIDEST, WIDEST), method="bounded")
    return np.asarray(special.softmax(scores * np.exp(-found.x), axis=1), np.float64)
