"""Random numbers of a population: each person and each take has its own stream.

A stream depends only on the seed, the level (people, takes, pictures) and the number of its owner,
so a set with fewer people or takes is a part of the larger set of the same seed.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]

BALANCE, PEOPLE, TAKES, PICTURES = range(4)  # levels, of separate streams


class Streams:
    """One random generator per owner; each draw gives `n_each` rows of every owner, in order.

    An owner is named by one or more numbers >= 0.
    """

    def __init__(self, seed: int, level: int, owners: Iterable[tuple[int, ...]], n_each: int = 1):
        self._generators = [np.random.default_rng([seed, level, *owner]) for owner in owners]
        self._n_each = n_each

    def normal(self) -> Column:
        """Standard normal numbers, (n_owners * n_each,)."""
        return np.concatenate([g.standard_normal(self._n_each) for g in self._generators])

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Column:
        """Uniform numbers of [low, high), (n_owners * n_each,)."""
        rows = np.concatenate([g.random(self._n_each) for g in self._generators])
        return low + (high - low) * rows

    def colour(self, low: float, high: float) -> Column:
        """Red, green and blue, each uniform in [low, high), (n_owners * n_each, 3)."""
        return np.stack([self.uniform(low, high) for _ in range(3)], axis=1)
