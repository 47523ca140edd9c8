"""Scores as probabilities."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.answers import Answers
from bench.metrics.intervals import Floats

WIDEST = 8.0  # of the log temperature: any would do for scores that do not depend on the picture


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
