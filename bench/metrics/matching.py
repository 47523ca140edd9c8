"""Templates in the terms of the other metrics: as functions of weights over probe pictures."""

import numpy as np

from bench.answers import LOWEST, Answers, Templates
from bench.metrics.intervals import Floats, Ids, Statistic

N_BINS = 2048  # of scores, by their quantiles; inside a bin scores tie
_AT_ONCE = 2**22  # scores
_SEED = 20180615  # of the sample that the bins are made of


def matching_statistic(templates: Templates) -> Statistic:
    """AUC over all pairs of probe and gallery pictures, as a function of weights over the probe.

    A person weighs what its first probe picture weighs. Weights of people enter pairs linearly:
    exact where people are left out in turn, first order elsewhere (Hoeffding's projection).

    Raises:
        ValueError: if there are no mated or no non-mated pairs.
    """
    people, first = np.unique(templates.probe_person, return_index=True)
    mated, other, twice = _counts(templates, people)  # (P, bins), (P, bins), (bins,)
    if not mated.any() or not other.any():
        raise ValueError(
            "expected mated and non-mated pairs, got "
            f"{mated.sum():.0f} and {other.sum():.0f}; give people two takes or more"
        )

    def statistic(weights: Floats) -> Floats:
        person = weights[:, first]  # (B, P)
        same, strange = person @ mated, person @ other - twice  # (B, bins)
        below = np.cumsum(strange, axis=1) - strange / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            won = (same * below).sum(axis=1) / (same.sum(axis=1) * strange.sum(axis=1))
        return np.asarray(won)

    return statistic


def identified(templates: Templates, n_classes: int) -> Answers:
    """The templates as answers to who it is: a person's score is that of its nearest template.

    Args:
        templates: of people numbered below n_classes.
        n_classes: of the target; whoever is not enrolled scores lowest.
    """
    scores = np.full((len(templates), n_classes), LOWEST, np.float32)
    for person in np.unique(templates.gallery_person):
        own = templates.gallery[templates.gallery_person == person]
        scores[:, person] = (templates.probe @ own.T).max(axis=1)
    return Answers(scores, templates.probe_person, templates.probe_person, templates.probe_image_id)


def _counts(templates: Templates, people: Ids) -> tuple[Floats, Floats, Floats]:
    """Pairs per person and bin, (P, bins): with itself and with others; and those counted twice.

    A pair of two people who are both asked about counts for both.
    """
    edges = _edges(templates)
    n_bins = len(edges) + 1
    who = np.searchsorted(people, templates.probe_person)
    whom = np.searchsorted(people, templates.gallery_person)
    whom = np.where(np.isin(templates.gallery_person, people), whom, len(people))
    mated, probed, enrolled = np.zeros((3, len(people) + 1, n_bins))  # last: who is never asked
    step = max(1, _AT_ONCE // max(1, len(whom)))
    for start in range(0, len(who), step):
        own = np.repeat(who[start : start + step, None], len(whom), axis=1)
        other = np.broadcast_to(whom, own.shape)
        scores = templates.scores(slice(start, start + step), templates.gallery)
        level = np.searchsorted(edges, scores)
        kept = templates.probe_image_id[start : start + step, None] != templates.gallery_image_id
        for counts, person, pairs in (
            (mated, own, (own == other) & kept),
            (probed, own, (own != other) & kept),
            (enrolled, other, (own != other) & kept),
        ):
            index = person[pairs] * n_bins + level[pairs]
            counts += np.bincount(index, minlength=counts.size).reshape(counts.shape)
    return mated[:-1], (probed + enrolled)[:-1], enrolled[:-1].sum(axis=0)


def _edges(templates: Templates) -> Floats:
    """Between the bins: quantiles of a million scores at most."""
    rng = np.random.default_rng(_SEED)
    n = max(1, 10**6 // max(1, len(templates.gallery)))
    some = rng.permutation(len(templates.probe))[:n]
    scores = np.unique(templates.probe[some] @ templates.gallery.T)
    if len(scores) > N_BINS:
        scores = np.quantile(scores, np.linspace(0, 1, N_BINS + 1)[1:-1])
    return np.unique(np.append(scores, LOWEST)).astype(np.float64)
