"""Correlation and error of predictions, (N,), given truths and the person of each picture."""

import numpy as np

from bench.answers import Estimate
from bench.metrics.intervals import Floats, Ids, Statistic, estimate
from bench.metrics.means import check_finite, mean_over_people


def correlation(prediction: Floats, truth: Floats, person: Ids) -> Estimate:
    """Pearson's correlation, -1..1; chance 0.

    Raises:
        ValueError: if a number is not finite, or all are equal.
    """
    check_finite("correlation", prediction, truth)
    if np.ptp(prediction) == 0:
        raise ValueError("expected predictions that vary, got a constant; use the MAE")
    plain = correlation_statistic(prediction, truth)
    value, low, high, n, _ = estimate(lambda w: (1 + plain(w)) / 2, person, 0.5, pairs=True)
    return Estimate(2 * value - 1, 2 * low - 1, 2 * high - 1, n, 0.0)


def correlation_statistic(prediction: Floats, truth: Floats) -> Statistic:
    """`correlation` as a function of weights; 0 for a constant prediction."""
    check_finite("correlation", prediction, truth)
    if np.ptp(truth) == 0:
        raise ValueError("expected a truth that varies, got a constant; use the MAE")
    x, y = (side.astype(np.float64) - side.mean() for side in (prediction, truth))
    moments = np.stack([x, y, x * y, x * x, y * y], axis=1)  # (N, 5)

    def statistic(weights: Floats) -> Floats:
        mx, my, xy, xx, yy = (weights @ moments / weights.sum(axis=1, keepdims=True)).T
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (xy - mx * my) / np.sqrt((xx - mx**2) * (yy - my**2))
        return np.asarray(found) if np.ptp(x) else np.zeros(len(weights))

    return statistic


def mae(prediction: Floats, truth: Floats, person: Ids) -> Estimate:
    """Mean absolute error, in the truth's unit, lower is better; chance: that of the median.

    Raises:
        ValueError: if a number is not finite.
    """
    check_finite("MAE", prediction, truth)
    chance = float(np.abs(truth - np.median(truth)).mean())
    return mean_over_people("MAE", np.abs(prediction - truth), person, chance)
