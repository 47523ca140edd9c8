"""How much a canary holds, so that an attacker's power can be stated as a share of it.

A canary is a picture of standard normal numbers on a coarse mirrored grid, of which GRID * GRID / 2
are independent. A bit moves them by BIT_SPREAD along one pattern; a person adds its own numbers of
standard deviation PERSON_SPREAD. Source: ours.
"""

from functools import cache

import numpy as np
from scipy import special

TARGET = "canary"
GRID = 6  # cells a side
BIT_SPREAD = 3.0  # standard deviations between absent and present
PERSON_SPREAD = 1.1  # standard deviations of people, against 1 of pictures


def bit_ceiling() -> float:
    """AUC of the best possible attack on the bit, which knows the pattern."""
    return float(special.ndtr(BIT_SPREAD / np.sqrt(2)))


@cache
def person_ceiling(n_pairs: int = 20000) -> float:
    """AUC of the best possible matcher: the likelihood ratio of two canaries, by simulation.

    For numbers x, y of two pictures the ratio rises with a * x.y - b * (x.x + y.y) / 2, where their
    correlation r over people gives a = r / (1 - r**2) and b = r**2 / (1 - r**2).
    """
    rng, size = np.random.default_rng(0), GRID * GRID // 2 - 1  # one direction is the bit's
    total = 1 + PERSON_SPREAD**2
    r = PERSON_SPREAD**2 / total
    people = PERSON_SPREAD * rng.standard_normal((2, n_pairs, size))
    first, same, other = (
        (who + rng.standard_normal((n_pairs, size))) / np.sqrt(total)
        for who in (people[0], people[0], people[1])
    )
    mated, nonmated = (
        r * (first * y).sum(axis=1) - r**2 * ((first**2).sum(axis=1) + (y**2).sum(axis=1)) / 2
        for y in (same, other)
    )
    rank = np.argsort(np.argsort(np.concatenate([mated, nonmated])))[:n_pairs]
    return float((rank.sum() - n_pairs * (n_pairs - 1) / 2) / n_pairs**2)
