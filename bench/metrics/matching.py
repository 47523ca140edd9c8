"""Templates in the terms of the other metrics: as functions of weights over probe pictures."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bench.answers import LOWEST, Answers, Templates, inner_products
from bench.metrics.curves import Histograms, auc
from bench.metrics.intervals import Floats, Ids, Statistic
from bench.metrics.pair_blocks import Pairs, Singles

N_BINS = 2048  # of scores, by their quantiles; inside a bin scores tie
_N_CELLS, _MOST_INSIDE = 2**16, 8  # of the table of `_bins`
_SEED = 20180615  # of the sample that the bins are made of


@lru_cache(maxsize=4)  # an attack is compared with several others in turn
def matching_statistic(templates: Templates) -> Statistic:
    """AUC over all pairs of probe and gallery pictures, as a function of weights over the probe.

    A person has the weight of its first probe picture, which enters pairs linearly: exact where
    people are left out in turn, first order elsewhere (Hoeffding's projection).

    Raises:
        ValueError: if there are no mated or no non-mated pairs.
    """
    first = np.unique(templates.probe_person, return_index=True)[1]
    edges = _edges(templates)
    mated, nonmated, twice = _counts(Pairs(templates, None), edges)  # (P, bins) twice, (bins,)
    if not mated.any() or not nonmated.any():
        raise ValueError(
            "expected mated and non-mated pairs, got "
            f"{mated.sum():.0f} and {nonmated.sum():.0f}; give people two takes or more"
        )

    def statistic(weights: Floats) -> Floats:
        person = weights[:, first]  # (B, P)
        return auc(Histograms(edges, person @ mated, person @ nonmated - twice))  # (B, bins)

    return statistic


def identified(templates: Templates, n_classes: int) -> Answers:
    """The templates as a classifier's answers: a person's score is that of its nearest template.

    People are numbered below n_classes; those who are not enrolled score lowest.
    """
    scores = np.full((len(templates), n_classes), LOWEST, np.float32)
    for person in np.unique(templates.gallery_person):
        own = templates.gallery[templates.gallery_person == person]
        scores[:, person] = inner_products(templates.probe, own).max(axis=1)
    return Answers(scores, templates.probe_person, templates.probe_person, templates.probe_image_id)


def _counts(pairs: Pairs, edges: Floats) -> tuple[Floats, Floats, Floats]:
    """Mated and non-mated pairs per person of the probe and bin, (P, bins), and those of both.

    A non-mated pair of two people of the probe counts for both.
    """
    n_bins, who = len(edges) + 2, pairs.templates.probe_person[:, None]  # last: does not count
    mated, probed, enrolled = (np.zeros((pairs.n_people, n_bins)) for _ in range(3))
    for tile in pairs.tiles():
        number = pairs.excluded(tile, _bins(pairs.scores(tile), edges), n_bins - 1)  # (N, g)
        for person in tile.people:
            rows, columns = pairs.own(tile, person)
            mated[person] = np.bincount(number[rows, columns].ravel(), minlength=n_bins)
            number[rows, columns] = n_bins - 1
            enrolled[person] = np.bincount(number[:, columns].ravel(), minlength=n_bins)
        np.add.at(probed.reshape(-1), (who * n_bins + number).ravel(), 1.0)
    probed += enrolled
    people = np.flatnonzero(np.diff(pairs.probed))
    mated, nonmated, twice = (side[people, :-1] for side in (mated, probed, enrolled))
    return mated, nonmated, twice.sum(axis=0)


def _bins(scores: Singles, edges: Floats) -> Ids:
    """How many edges lie below each score, as `searchsorted` says, but several times faster.

    A table tells how many lie below its cell; those inside are compared one by one.
    """
    first, per_cell = edges[0], _N_CELLS / ((edges[-1] - edges[0]) or 1.0)

    def cell(values: NDArray[np.floating]) -> Ids:
        place = np.asarray((values - first) * per_cell + 1, np.float64)
        return np.clip(place, 0, _N_CELLS + 1, out=place).astype(np.int64)

    n_inside = np.bincount(cell(edges), minlength=_N_CELLS + 2)
    if n_inside.max() > _MOST_INSIDE:
        return np.asarray(np.searchsorted(edges, scores))
    number = (np.cumsum(n_inside) - n_inside)[cell(scores)]
    bounds = np.append(edges, np.inf)
    for _ in range(n_inside.max()):
        number += bounds[number] < scores
    return number


def _edges(templates: Templates) -> Floats:
    """Edges between the bins: quantiles of a million scores at most."""
    n = max(1, 10**6 // max(1, len(templates.gallery)))
    some = np.random.default_rng(_SEED).permutation(len(templates.probe))[:n]
    scores = np.unique(inner_products(templates.probe[some], templates.gallery))
    if len(scores) > N_BINS:
        scores = np.quantile(scores, np.linspace(0, 1, N_BINS + 1)[1:-1])
    return np.unique(np.append(scores, LOWEST)).astype(np.float64)
