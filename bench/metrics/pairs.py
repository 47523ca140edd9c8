"""Every probe against every gallery picture, as histograms of scores, in bounded memory.

People are the units. A replicate gives person i the weight w_i: its mated pairs weigh w_i and its
non-mated pairs with person j weigh w_i * w_j, so a person drawn twice never pairs with itself.
"""

from typing import NamedTuple

import numpy as np

from bench.answers import Templates
from bench.metrics.curves import Histograms, equal_bins, n_equal_bins
from bench.metrics.intervals import MANY_PEOPLE, N_REPLICATES, Ids
from bench.metrics.pair_blocks import Pairs, ScoreLevels, Singles, fine

_SEED = 20180615  # of the draws, so that results repeat exactly


class Comparison(NamedTuple):
    """All pairs of different pictures, in a few weightings.

    Attributes:
        point: all pairs alike, (1, K): each score a level up to 2^20 pairs, then 65,536 equal bins.
        coarse: the same, (1, k), in the bins of the replicates.
        resampled: (B, k): people drawn with replacement, or each left out in turn.
        permuted: (R, k): as mated count each person's pairs with somebody drawn at random.
        bootstrapped: which of the two `resampled` is; draws need 30 people with mated pairs.
        n: probe pictures with a mated pair.
        n_people: people with a mated pair.
        n_people_pairs: different pairs of people that were compared.
    """

    point: Histograms
    coarse: Histograms
    resampled: Histograms
    permuted: Histograms
    bootstrapped: bool
    n: int
    n_people: int
    n_people_pairs: int


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
    binned = ScoreLevels(coarse.levels, lambda scores: coarse_of[scale.number(scores)])
    bootstrapped = len(pairs.paired) >= MANY_PEOPLE
    return Comparison(
        point,
        coarse,
        *_replicates(pairs, binned, coarse, bootstrapped=bootstrapped),
        bootstrapped,
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
    counts = np.zeros(2 * k + 1, np.int64)  # the last takes what does not count
    for who, whom, scores, kept in pairs.all_tiles():
        number = scale.number(scores) + k * (who[:, None] == whom)
        counts += np.bincount(np.where(kept, number, 2 * k).ravel(), minlength=2 * k + 1)
    nonmated, mated = counts[:-1].reshape(2, 1, k).astype(np.float64)  # (1, K) each
    if not (mated.any() and nonmated.any()):
        raise ValueError(
            f"expected mated and non-mated pairs, got {mated.sum():.0f} and {nonmated.sum():.0f}; "
            "enroll other pictures of people who are probed"
        )
    return Histograms(scale.levels, mated, nonmated)


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
    pairs: Pairs, scale: ScoreLevels, point: Histograms, *, bootstrapped: bool
) -> tuple[Histograms, Histograms]:
    """The comparison with people drawn or left out, (B, k), and with people permuted, (R, k)."""
    rng, n_people, k = np.random.default_rng(_SEED), pairs.n_people, len(scale.levels)
    weights = _drawn(rng, n_people) if bootstrapped else 1 - np.eye(n_people, dtype=np.float32)
    others = _permutations(rng, pairs)
    mated, nonmated = np.zeros((n_people, k)), np.zeros((len(weights), k))
    permuted = np.zeros((len(others), k))
    for people in pairs.blocks:
        counts = _counts(pairs, people, scale)  # (P, p, k)
        here = np.arange(len(people))
        for j in here[np.isin(people, pairs.paired)]:
            permuted += counts[others[:, people[j]], j]
        mated[people] = counts[people, here]
        counts[people, here] = 0
        drawn = (weights @ counts.reshape(n_people, -1)).reshape(-1, len(people), k)  # (B, p, k)
        nonmated += (weights[:, None, people] @ drawn)[:, 0]  # (B, 1, k) -> (B, k)
    return (
        Histograms(scale.levels, weights @ mated, nonmated),
        Histograms(scale.levels, permuted, point.mated + point.nonmated - permuted),
    )


def _counts(pairs: Pairs, people: Ids, scale: ScoreLevels) -> Singles:
    """Pairs per probe person, gallery person of this block and level, (P, p, k)."""
    p, n_bins = len(people), len(scale.levels) + 1  # the last takes what does not count
    counts = np.zeros((pairs.n_people, p, n_bins), np.float32)
    for who, whom, scores, kept in pairs.tiles(people):
        number = np.where(kept, scale.number(scores), n_bins - 1)
        number += ((who - who[0])[:, None] * p + (whom - people[0])) * n_bins
        n_here = int(who[-1] - who[0]) + 1
        found = np.bincount(number.ravel(), minlength=n_here * p * n_bins)
        counts[who[0] : who[-1] + 1] += found.reshape(n_here, p, n_bins)
    return counts[:, :, :-1]


def _drawn(rng: np.random.Generator, n_people: int) -> Singles:
    """How often each person is drawn, (B, P): 1000 times up to 1000 people, 400 from 1600 on."""
    n = max(400, min(N_REPLICATES, 10**9 // n_people**2))  # each costs people^2
    return rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=n).astype(np.float32)


def _permutations(rng: np.random.Generator, pairs: Pairs) -> Ids:
    """Each person with mated pairs is replaced by one of the same group, (R, P)."""
    group = pairs.group[pairs.paired]
    order = np.argsort(group + rng.random((N_REPLICATES, len(group))), axis=1)
    others = np.zeros((N_REPLICATES, pairs.n_people), np.int64)
    others[:, pairs.paired[np.argsort(group, kind="stable")]] = pairs.paired[order]
    return others
