"""Means over pictures, also of frames, pairs and unlabelled pictures."""

import numpy as np
from numpy.typing import NDArray

from bench.answers import Estimate
from bench.metrics.intervals import MIN_PEOPLE_FOR_INTERVAL, Floats, Ids, estimate, weighted_mean

Scores = NDArray[np.float32]


def mean(values: NDArray[np.generic], folder: Ids) -> Estimate:
    """Mean of numbers, (N,), in their unit, with an interval over folders, (N,).

    Pictures of one folder may be frames of a clip and alike. Where all are of one folder, the
    interval treats them as independent. Of fewer than 8 folders or pictures it has no ends (nan).
    """
    return _mean(values, folder, np.nan, share=False)


def share(hits: NDArray[np.generic], folder: Ids, chance: float = np.nan) -> Estimate:
    """Share of hits, or mean of probabilities, (N,), with an interval as of `mean`."""
    return _mean(hits, folder, chance, share=True)


def agreement(first: Scores, second: Scores, folder: Ids) -> Estimate:
    """Share of rows whose highest score, (N, C), is the same; chance: that of the commonest."""
    before, after = first.argmax(axis=1), second.argmax(axis=1)
    return share(before == after, folder, float(np.bincount(before).max() / len(before)))


def mean_over_people(name: str, values: Floats, person: Ids, chance: float = np.nan) -> Estimate:
    """Mean of finite numbers, (N,), with an interval over people, (N,)."""
    check_finite(name, values)
    return estimate(weighted_mean(values), person, chance, share=False)


def check_finite(name: str, *sides: Floats) -> None:
    """Raises a ValueError if there are no numbers, or one is not finite."""
    n_bad = sum(int((~np.isfinite(side)).sum()) for side in sides)
    if n_bad or not len(sides[0]):
        raise ValueError(
            f"expected finite values of one picture or more for {name}, got {len(sides[0])} with "
            f"{n_bad} not finite; drop missing pictures by a declared rule"
        )


def _mean(values: NDArray[np.generic], folder: Ids, chance: float, *, share: bool) -> Estimate:
    if not len(values):
        raise ValueError("expected one value or more, got none")
    unit = folder if len(np.unique(folder)) > 1 else np.arange(len(values))
    if len(np.unique(unit)) < MIN_PEOPLE_FOR_INTERVAL:
        return Estimate(float(values.mean()), np.nan, np.nan, len(values), chance)
    return estimate(weighted_mean(values), unit, chance, share=share)
