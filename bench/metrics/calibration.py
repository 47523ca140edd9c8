"""Scores as probabilities."""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from bench.answers import Answers
from bench.metrics.intervals import Floats

_WIDEST = 8.0  # of the log temperature: any would do for scores that do not depend on the picture


def probabilities(scores: NDArray[np.float32], valid: Answers) -> Floats:
    """Softmax of scores, (N, C), at the temperature that is likeliest for validation answers.

    The latter are the same attacker's, about other pictures.

    Source: Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks, ICML 2017.
    """

    def log_loss(log_temperature: float) -> float:
        predicted = special.log_softmax(valid.scores * np.exp(-log_temperature), axis=1)
        return -float(predicted[np.arange(len(valid)), valid.truth].mean())

    found = optimize.minimize_scalar(log_loss, bounds=(-_WIDEST, _WIDEST), method="bounded")
    return np.asarray(special.softmax(scores * np.exp(-found.x), axis=1), np.float64)
