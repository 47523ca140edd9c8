"""Similarity of pictures and error of numbers: means over pictures, intervals over people."""

import numpy as np

from bench.answers import Estimate
from bench.metrics.intervals import Floats, Ids, Statistic, estimate, weighted_mean


def ssim(values: Floats, person: Ids) -> Estimate:
    """Mean structural similarity of each picture with its original, -1..1.

    Args:
        values: of each picture, (N,).
        person: whose picture it is, (N,).

    Raises:
        ValueError: if there are none, or one is not finite.
    """
    return _mean("SSIM", values, person)


def psnr_db(values: Floats, person: Ids) -> Estimate:
    """Mean peak signal-to-noise ratio of each picture with its original, in dB.

    Args:
        values: of each picture, (N,).
        person: whose picture it is, (N,).

    Raises:
        ValueError: if there are none, or one is infinite: that picture is identical.
    """
    n_identical = int(np.isposinf(values).sum())
    if n_identical:
        raise ValueError(
            f"expected pictures that differ from their originals, {n_identical} of {len(values)} "
            "are identical; report SSIM instead of PSNR"
        )
    return _mean("PSNR", values, person)


def correlation(prediction: Floats, truth: Floats, person: Ids) -> Estimate:
    """Pearson's correlation, -1..1; chance 0.

    Args:
        prediction: of each picture, (N,).
        truth: the same, (N,).
        person: whose picture it is, (N,).

    Raises:
        ValueError: if one is not finite, or all are alike.
    """
    _check("correlation", prediction, truth)
    if np.ptp(prediction) == 0:
        raise ValueError("expected predictions that vary, got a constant; use the MAE")
    found = estimate(correlation_statistic(prediction, truth), person, 0.0, share=False)
    low, high = np.clip(found[1:3], -1, 1)
    return found._replace(low=float(low), high=float(high))


def correlation_statistic(prediction: Floats, truth: Floats) -> Statistic:
    """`correlation` as a function of weights; 0 for a constant prediction."""
    _check("correlation", prediction, truth)
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

    Args:
        prediction: of each picture, (N,).
        truth: the same, (N,).
        person: whose picture it is, (N,).

    Raises:
        ValueError: if one is not finite.
    """
    _check("MAE", prediction, truth)
    chance = float(np.abs(truth - np.median(truth)).mean())
    return _mean("MAE", np.abs(prediction - truth), person, chance)


def _mean(name: str, values: Floats, person: Ids, chance: float = np.nan) -> Estimate:
    _check(name, values)
    return estimate(weighted_mean(values), person, chance, share=False)


def _check(name: str, *sides: Floats) -> None:
    n_bad = sum(int((~np.isfinite(side)).sum()) for side in sides)
    if n_bad or not len(sides[0]):
        raise ValueError(
            f"expected finite values of one picture or more for {name}, got {len(sides[0])} with "
            f"{n_bad} not finite; drop missing pictures by a declared rule"
        )
