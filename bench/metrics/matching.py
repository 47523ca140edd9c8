"""Templates in the terms of the other metrics: as functions of weights over probe pictures."""

import numpy as np

from bench.answers import LOWEST, Answers, Templates
from bench.metrics.curves import Histograms, auc
from bench.metrics.intervals import Floats, Ids, Statistic

N_BINS = 2048  # of scores, by their quantiles; inside a bin scores tie
_AT_ONCE = 2**22  # scores
_SEED = 20180615  # of the sample that the bins are made of


def matching_statistic(templates: Templates) -> Statistic:
    """AUC over all pairs of probe and gallery pictures, as a function of weights over the probe.

    A person has the weight of its first probe picture, which enters pairs linearly: exact where
    people are left out in turn, first order elsewhere (Hoeffding's projection).

    Raises:
        ValueError: if there are no mated or no non-mated pairs.
    """
    people, first = np.unique(templates.probe_person, return_index=True)
    edges = _edges(templates)
    mated, nonmated, twice = _counts(templates, people, edges)  # (P, bins), (P, bins), (bins,)
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
        scores[:, person] = (templates.probe @ own.T).max(axis=1)
    return Answers(scores, templates.probe_person, templates.probe_person, templates.probe_image_id)


def _counts(templates: Templates, people: Ids, edges: Floats) -> tuple[Floats, Floats, Floats]:
    """Mated and non-mated pairs per person of the probe and bin, (P, bins), and those of both.

    A non-mated pair of two people of the probe counts for both.
    """
    n_bins = len(edges) + 1
    who = np.searchsorted(people, templates.probe_person)
    whom = np.searchsorted(people, templates.gallery_person)
    whom = np.where(np.isin(templates.gallery_person, people), whom, len(people))
    mated, probed, enrolled = np.zeros((3, len(people) + 1, n_bins))  # last: not in the probe
    step = max(1, _AT_ONCE // max(1, len(whom)))
    for start in range(0, len(who), step):
        rows = slice(start, start + step)
        own = np.repeat(who[rows, None], len(whom), axis=1)
        other = np.broadcast_to(whom, own.shape)
        level = np.searchsorted(edges, templates.scores(rows, templates.gallery))
        kept = templates.probe_image_id[rows, None] != templates.gallery_image_id
        for counts, person, pairs in (
            (mated, own, (own == other) & kept),
            (probed, own, (own != other) & kept),
            (enrolled, other, (own != other) & kept),
        ):
            index = person[pairs] * n_bins + level[pairs]
            counts += np.bincount(index, minlength=counts.size).reshape(counts.shape)
    return mated[:-1], (probed + enrolled)[:-1], enrolled[:-1].sum(axis=0)


def _edges(templates: Templates) -> Floats:
    """Edges between the bins: quantiles of a million scores at most."""
    n = max(1, 10**6 // max(1, len(templates.gallery)))
    some = np.random.default_rng(_SEED).permutation(len(templates.probe))[:n]
    scores = np.unique(templates.probe[some] @ templates.gallery.T)
    if len(scores) > N_BINS:
        scores = np.quantile(scores, np.linspace(0, 1, N_BINS + 1)[1:-1])
    return np.unique(np.append(scores, LOWEST)).astype(np.float64)
