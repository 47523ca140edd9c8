"""Every probe against every gallery picture, as histograms of scores, in bounded memory.

People are the units: who is left out loses all mated and non-mated pairs.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from bench.answers import Templates
from bench.metrics.curves import Histograms, equal_bins, n_equal_bins
from bench.metrics.intervals import N_REPLICATES, Floats, Ids
from bench.metrics.pair_blocks import Pairs, ScoreLevels, Singles, Tile, fine

_DENSE = 40  # pairs of pictures per pair of people, from which most levels occur
_SEED = 20180615  # of the draws, so that results repeat exactly


class Comparison(NamedTuple):
    """All pairs of different pictures, in a few weightings."""

    # All pairs alike, (1, K): each score a level up to 2^20 pairs, then 65,536 equal bins.
    point: Histograms
    left_out: Histograms  # (B, k): without each person in turn, or each of so many groups of people
    permuted: Histograms  # (R, k): as mated count each person's pairs with somebody drawn at random
    n: int  # probe pictures with a mated pair
    n_people: int  # people with a mated pair
    n_people_pairs: int  # different pairs of people that were compared


def comparison(templates: Templates, group: Ids | None = None) -> Comparison:
    """Compares all probes with the gallery, except for a picture with itself.

    If groups are given, by person id, (max id + 1,), only people of one group are compared.

    Raises:
        ValueError: if there are no mated or no non-mated pairs.
    """
    pairs = Pairs(templates, group)
    scale = fine(pairs)
    point = _point(pairs, scale)
    starts = _starts(point)
    sides = (np.add.reduceat(side, starts, axis=1) for side in point[1:])
    coarse = Histograms(point.levels[starts], *sides)
    coarse_of = np.searchsorted(starts, np.arange(len(scale.levels)), side="right") - 1
    coarse_of = coarse_of.astype(np.int32)
    binned = ScoreLevels(coarse.levels, lambda tile: coarse_of[scale.number(tile)])
    return Comparison(
        point,
        *_replicates(pairs, binned, coarse),
        n=int(np.isin(pairs.templates.probe_person, pairs.paired).sum()),
        n_people=len(pairs.paired),
        n_people_pairs=pairs.n_people_pairs(),
    )


def all_alike(templates: Templates) -> Histograms:
    """`point` of a comparison alone, without what intervals need."""
    pairs = Pairs(templates, None)
    return _point(pairs, fine(pairs))


def _point(pairs: Pairs, scale: ScoreLevels) -> Histograms:
    """All pairs alike, (1, K)."""
    k = len(scale.levels)
    either, own = np.zeros(k + 1, np.int64), [np.empty(0, np.int64)]  # level K: does not count
    for tile in pairs.tiles():
        number = pairs.excluded(tile, scale.number(tile), k)
        either += np.bincount(number.ravel(), minlength=k + 1)
        own += [number[pairs.own(tile, person)].flatten() for person in tile.people]
    mated = np.bincount(np.concatenate(own), minlength=k + 1)
    sides = (side[None, :k].astype(np.float64) for side in (mated, either - mated))  # (1, K) each
    found = Histograms(scale.levels, *sides)
    if not (found.mated.any() and found.nonmated.any()):
        raise ValueError(
            f"expected mated and non-mated pairs, got {found.mated.sum():.0f} and "
            f"{found.nonmated.sum():.0f}; enroll other pictures of people who are probed"
        )
    return found


def _starts(point: Histograms) -> Ids:
    """Where the replicates' bins start, (k,) of the fine levels, about 300.

    They resolve low FMR, the quantiles of both sides, and the equal bins of linkability.
    """
    n = len(point.levels)
    if n <= 300:
        return np.arange(n)
    mated, nonmated = (np.cumsum(side[0]) / side.sum() for side in point[1:])
    starts: list[Ids] = [
        np.searchsorted(nonmated, 1 - np.geomspace(1e-4, 0.5, 110)),  # neighbours differ by 8 %
        np.searchsorted(nonmated, np.linspace(0, 0.5, 48)),
        np.searchsorted(mated, np.linspace(0, 1, 48)),
        np.unique(equal_bins(point.levels, n_equal_bins(point)), return_index=True)[1],
        np.array([0, n - 1]),
    ]
    return np.unique(np.minimum(np.concatenate(starts), n - 1))


def _replicates(
    pairs: Pairs, scale: ScoreLevels, point: Histograms
) -> tuple[Histograms, Histograms]:
    """The comparison with people left out, (B, k), and with people permuted, (R, k)."""
    n_people = pairs.n_people
    weights, others = _weights(n_people), _permutations(pairs)
    mated, nonmated, permuted = _sums(pairs, scale, weights, others)
    itself = (others == np.arange(n_people))[:, pairs.paired]
    permuted += itself @ mated[pairs.paired]  # (R, k)
    return (
        Histograms(scale.levels, weights @ mated, nonmated.T),
        Histograms(scale.levels, permuted, point.mated + point.nonmated - permuted),
    )


def _sums(
    pairs: Pairs, scale: ScoreLevels, weights: Singles, others: Ids
) -> tuple[Floats, Floats, Floats]:
    """Mated pairs (P, k), weighted non-mated ones (k, B), and permuted ones (R, k), all exact.

    Permuted ones are only of a person with another one.
    """
    kind, dense = _counter(pairs)
    factors = np.ascontiguousarray(weights.T, kind)  # (P, B)
    (n_drawn, n_people), k = weights.shape, len(scale.levels)
    shapes = ((n_people, k + 1), (k + 1, n_drawn), (len(others), k + 1))
    mated, nonmated, permuted = (np.zeros(shape) for shape in shapes)
    for tile in pairs.tiles():
        mated[tile.people], found = _counts(pairs, tile, scale, kind)
        counts = found.toarray() if dense else found  # (p * P, k + 1)
        chosen = _rows(others, pairs, tile) @ counts  # (R, k + 1)
        permuted += chosen if dense else chosen.toarray()
        drawn = np.zeros(nonmated.shape, np.float32)  # its sums are below 2^24
        for nth, person in enumerate(tile.people):
            block = counts[nth * n_people : (nth + 1) * n_people]  # (P, k + 1)
            drawn += (block.T @ factors) * weights[:, person]  # (k + 1, B)
        nonmated += drawn
    return mated[:, :k], nonmated[:k], permuted[:, :k]


def _counter(pairs: Pairs) -> tuple[type[np.uint16 | np.float32], bool]:
    """The smallest type for weighted counts, and whether most levels occur in a pair of people."""
    n, m = np.diff(pairs.probed), np.diff(pairs.enrolled)
    if n.sum() * m.sum() > _DENSE * pairs.n_people**2:
        return np.float32, True
    most = n.max() * m.max() * pairs.n_people  # the weights of a draw sum to P
    return np.uint16 if most < 2**16 else np.float32, False


def _counts(
    pairs: Pairs, tile: Tile, scale: ScoreLevels, kind: type[np.uint16 | np.float32]
) -> tuple[Floats, csr_array]:
    """Pairs by level of the people enrolled with themselves, (p, k + 1), and with others.

    The latter by person of the probe, (p * P, k + 1). The last level takes what does not count.
    """
    k = len(scale.levels)
    number = pairs.excluded(tile, scale.number(tile), k)
    mated, levels, starts = [], [], []
    for person in tile.people:
        rows, columns = pairs.own(tile, person)
        mated.append(np.bincount(number[rows, columns].ravel(), minlength=k + 1))
        number[rows, columns] = k
        levels.append(number[:, columns].ravel())
        width = columns.stop - columns.start
        starts.append(pairs.probed[:-1] * width + len(number) * columns.start)
    ends = np.append(starts, number.size)  # (p * P + 1,)
    parts = np.ones(number.size, kind), np.concatenate(levels), ends
    return np.stack(mated), csr_array(parts, shape=(len(ends) - 1, k + 1))


def _rows(others: Ids, pairs: Pairs, tile: Tile) -> csr_array:
    """1 where a row of a tile's counts is of a person and the one who stands for it, (R, p * P)."""
    paired = np.flatnonzero(np.isin(tile.people, pairs.paired))
    at = others[:, tile.people[paired]] + paired * pairs.n_people  # (R, p')
    parts = np.ones(at.size, np.uint16), at.ravel(), np.arange(len(at) + 1) * at.shape[1]
    return csr_array(parts, shape=(len(at), len(tile.people) * pairs.n_people))


def _weights(n_people: int) -> Singles:
    """0 for people left out, else 1, (B, P); above 1000 people in 400 groups or more."""
    n_groups = min(n_people, max(400, min(N_REPLICATES, 10**9 // n_people**2)))  # cost people^2
    left_out = np.arange(n_people) % n_groups == np.arange(n_groups)[:, None]
    return np.asarray(~left_out, np.float32)


def _permutations(pairs: Pairs) -> Ids:
    """Each person with mated pairs is replaced by one of the same group, (R, P)."""
    rng, group = np.random.default_rng(_SEED), pairs.group[pairs.paired]
    order = np.argsort(group + rng.random((N_REPLICATES, len(group))), axis=1)
    others = np.zeros((N_REPLICATES, pairs.n_people), np.int64)
    others[:, pairs.paired[np.argsort(group, kind="stable")]] = pairs.paired[order]
    return others
