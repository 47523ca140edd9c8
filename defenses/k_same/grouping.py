"""Who shares a mean face."""

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]


def grouped(vectors: Floats, k: int, order: Ids) -> list[Ids]:
    """Groups of k to 2k - 1 rows of the vectors, (N, D), that are near one another.

    In `order`, the first row that is left takes the k - 1 nearest that are left; at the end, fewer
    than k join the last group.

    Source: Newton, Sweeney, Malin 2005, k-Same; that the rest joins the last group is unconfirmed.

    Raises:
        ValueError: if there are fewer than k rows.
    """
    if len(order) < k:
        raise ValueError(
            f"expected at least k = {k} people (or pictures) to hide among, got {len(order)}; give "
            "more together, or lower k"
        )
    left, groups = np.asarray(order, np.int64), list[Ids]()
    while len(left) >= k:
        distance = np.square(vectors[left] - vectors[left[0]]).sum(axis=1)
        distance[0] = -1  # itself, even if another is equal
        nearest = distance.argsort(kind="stable")
        groups.append(left[nearest[:k]])
        left = np.delete(left, nearest[:k])
    groups[-1] = np.concatenate([groups[-1], left])
    return groups


def shared(cost: Floats, k: int) -> Ids:
    """The cheapest output for each picture of which k pictures or more get the same, (N,).

    Of the outputs that fewer get, the rarest is given up, until none is left; the pictures then get
    their cheapest of those still in use. `cost` is (N, outputs).

    Raises:
        ValueError: if there are fewer than k pictures.
    """
    if len(cost) < k:
        raise ValueError(
            f"expected at least k = {k} pictures, got {len(cost)}; give more together, or lower k"
        )
    cost = np.array(cost)
    while True:
        given = cost.argmin(axis=1)
        used = np.bincount(given, minlength=cost.shape[1])
        few = np.where((used > 0) & (used < k), used, len(cost) + 1)
        if few.min() > len(cost):
            return np.asarray(given, np.int64)
        cost[:, used == 0] = np.inf
        cost[:, few.argmin()] = np.inf
