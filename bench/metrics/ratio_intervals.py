"""Intervals of the difference and the ratio of two numbers about the same people."""

import numpy as np

from bench.answers import Estimate
from bench.metrics.intervals import Floats


def correlation(values: Floats) -> float:
    """Pearson's, of two statistics without each person in turn, (P, 2); 0 if one is constant."""
    if len(values) < 2:
        return 0.0
    deviations = values - values.mean(axis=0)
    scale = np.linalg.norm(deviations, axis=0).prod()
    product = float(deviations[:, 0] @ deviations[:, 1])
    return float(np.clip(product / scale, -1, 1)) if scale > 0 else 0.0


def difference_ends(first: Estimate, second: Estimate, correlated: float) -> tuple[float, float]:
    """The interval of first - second, from the intervals of both and their correlation.

    It keeps their skewness near 0 and 1, where a t interval of the difference fails: with 8 people
    and shares of 0.97 and 0.99 that covers in 82 %, this one in 99 %.

    Source: Zou and Donner, Statistics in Medicine 27 (2008), 1693-1702 [zou2008mover] (MOVER); for
        two proportions Newcombe, Statistics in Medicine 17 (1998), 2635-2650, method 10
        [newcombe1998paired].
    """
    difference = first.value - second.value
    low = _hypotenuse(first.value - first.low, second.high - second.value, correlated)
    high = _hypotenuse(first.high - first.value, second.value - second.low, correlated)
    return difference - low, difference + high


def ratio_ends(first: Estimate, second: Estimate, correlated: float) -> tuple[float, float]:
    """The interval of first / second, from the intervals of both; the second's lies above 0.

    Where first - ratio * second could be 0, by `difference_ends`: Fieller's interval with ends that
    need not lie symmetrically.

    Source: Newcombe, Statistical Methods in Medical Research 25 (2016), 1774-1778
        [newcombe2016ratio] (MOVER-R with a numerator of either sign).
    Differs from it: the two are correlated.
    """
    mirrored = first._replace(value=-first.value, low=-first.high, high=-first.low)
    return _low_ratio(first, second, correlated), -_low_ratio(mirrored, second, -correlated)


def _hypotenuse(a: float, b: float, correlated: float) -> float:
    return float(np.sqrt(max(a**2 + b**2 - 2 * correlated * a * b, 0)))


def _low_ratio(first: Estimate, second: Estimate, correlated: float) -> float:
    """The lesser root of (first - x * second)^2 = hypotenuse(first's side, x * second's side)^2."""
    positive = first.low >= 0  # and then the root is, too
    a = first.value - first.low
    b = second.high - second.value if positive else second.value - second.low
    square = second.value**2 - b**2  # above 0 unless positive
    middle = first.value * second.value - correlated * a * b
    constant = first.value**2 - a**2
    root = np.sqrt(max(middle**2 - square * constant, 0))
    return float(constant / (middle + root) if positive else (middle - root) / square)
