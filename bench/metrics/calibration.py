"""Scores as probabilities."""

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from bench.answers import Answers

Floats = NDArray[np.float64]
_WIDEST = 8.0  # of the temperature's logarithm: a judge that knows nothing would take any


def probabilities(scores: NDArray[np.float32], valid: Answers) -> Floats:
    """Softmax at the temperature that makes validation answers likeliest, (N, C).

    Args:
        scores: (N, C); higher is likelier.
        valid: the same attacker's answers about other pictures, to fit the temperature to.

    Source: Guo, Pleiss, Sun, Weinberger, On Calibration of Modern Neural Networks, ICML 2017.
    """
    found = optimize.minimize_scalar(
        lambda heat: _surprise(valid, heat), bounds=(-_WIDEST, _WIDEST), method="bounded"
    )
    return np.asarray(special.softmax(scores * np.exp(-found.x), axis=1), np.float64)


def _surprise(valid: Answers, heat: float) -> float:
    """Mean negative log-likelihood of the truth."""
    said = special.log_softmax(valid.scores * np.exp(-heat), axis=1)
    return -float(said[np.arange(len(valid)), valid.truth].mean())
