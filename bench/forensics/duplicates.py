"""Equal pictures, and nearly equal ones in different groups (roles, takes)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.faces import Images
from bench.forensics.image_features import thumbnails
from bench.memory import first_equal

NEAR = 0.99  # correlation of thumbnails from which two pictures are near-duplicates
_BATCH = 1024


class Pair(NamedTuple):
    """Two pictures by their positions, and the correlation of their thumbnails."""

    first: int
    second: int
    correlation: float


def equal_pairs(images: Images) -> list[Pair]:
    """Pairs of equal pictures; of many equal ones, each with the first."""
    first = first_equal([images], np.arange(len(images))).tolist()
    return [Pair(other, i, 1.0) for i, other in enumerate(first) if other != i]


def near_pairs(images: Images, group: NDArray[np.int64]) -> list[Pair]:
    """Pairs of equal and nearly equal pictures in different groups, most similar first."""
    known = thumbnails(images)
    pairs: list[Pair] = []
    for start in range(0, len(known), _BATCH):
        stop = start + _BATCH
        correlation = known[start:stop] @ known[start:].T  # (batch, the rest)
        near = (correlation >= NEAR) & (group[start:stop, None] != group[start:])
        found = np.nonzero(np.triu(near))
        pairs += map(Pair, *(index + start for index in found), correlation[found])
    return sorted(pairs, key=lambda pair: -pair.correlation)
