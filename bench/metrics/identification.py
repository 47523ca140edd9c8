"""Identification: how often a probe's person ranks first among the people enrolled.

A tie is broken at random: rates are expectations over that, so that equal scores give chance and
not rank 1. Intervals resample the people of the probes; the gallery stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.answers import Answers, AnyAnswers, Estimate, Templates
from bench.metrics.accuracy import among_highest
from bench.metrics.intervals import Floats, Ids, Statistic, estimate, weighted_mean, widened
from bench.metrics.pair_blocks import Singles

_N_RANKS = 50  # of a CMC, at most
_TILE = 2**22  # scores at once
_ROWS = 1024  # probes at once, of `same_picture`
_TIE = 1e-6  # of cosines: two products of the same templates round otherwise


@dataclass(frozen=True, eq=False)
class Search:
    """How the people enrolled rank for each probe."""

    # Of a probe whose person is not enrolled, the first three are arbitrary.
    better: Ids  # int64, (N,): other people enrolled who score above the probe's own
    tied: Ids  # int64, (N,): others who score like it
    own: Singles  # float32, (N,): score of the probe's own person
    best: Singles  # float32, (N,): highest score of all people enrolled
    person: Ids  # int64, (N,): of the probe
    enrolled: NDArray[np.bool_]  # bool, (N,): whether that person is
    n_enrolled: int  # people in the gallery


def search(templates: Templates) -> Search:
    """Ranks the people enrolled, by the mean of their templates at length 1, for each probe.

    Raises:
        ValueError: if a probe picture is itself enrolled, or none is of a person enrolled.
    """
    _check(templates)
    order = np.argsort(templates.gallery_person, kind="stable")
    people, starts = np.unique(templates.gallery_person[order], return_index=True)
    gallery = np.add.reduceat(templates.gallery[order], starts)  # (P, D)
    gallery /= np.maximum(np.linalg.norm(gallery, axis=1, keepdims=True), 1e-12)
    at = np.minimum(np.searchsorted(people, templates.probe_person), len(people) - 1)  # (N,)
    enrolled = people[at] == templates.probe_person
    parts, step = [], max(1, _TILE // len(gallery))
    for start in range(0, len(templates), step):
        rows = slice(start, start + step)
        scores = templates.scores(rows, gallery)  # (n, P)
        own = np.take_along_axis(scores, at[rows, None], 1)  # (n, 1)
        better, tied = (scores > own).sum(axis=1), (scores == own).sum(axis=1) - 1
        parts.append((better, tied, own[:, 0], scores.max(axis=1)))
    better, tied, own, best = map(np.concatenate, zip(*parts, strict=True))
    # Without a face the answer is wrong, not a tie.
    better[np.isin(templates.probe_image_id, templates.not_acquired)] = len(people)
    return Search(better, tied, own, best, templates.probe_person, enrolled, len(people))


def same_picture(raw: Templates, released: Templates) -> Search:
    """Ranks the raw picture behind each release among one raw picture of every other person.

    Both are probe templates by one matcher, of the same pictures. Of people who have several, the
    picture with the lowest id is taken: ids are random. In contrast to `search`, the attacker needs
    no other picture of the person.

    Raises:
        ValueError: if they are of other pictures, or of one person.
    """
    order, order_released = np.argsort(raw.probe_image_id), np.argsort(released.probe_image_id)
    if not np.array_equal(raw.probe_image_id[order], released.probe_image_id[order_released]):
        raise ValueError("expected raw and released versions of the same pictures, got others")
    gallery, person = raw.probe[order], raw.probe_person[order]  # in the order of ids
    people, first = np.unique(person, return_index=True)
    if len(people) < 2:
        raise ValueError("expected pictures of two people or more, got one")
    probe, parts = released.probe[order_released], []
    for start in range(0, len(probe), _ROWS):
        rows = slice(start, start + _ROWS)
        own = (probe[rows] * gallery[rows]).sum(axis=1, keepdims=True)  # (n, 1)
        scores = probe[rows] @ gallery[first].T  # (n, P)
        scores[person[rows, None] == people] = -np.inf
        better, tied = (scores > own + _TIE).sum(axis=1), (abs(scores - own) <= _TIE).sum(axis=1)
        parts.append((better, tied, own[:, 0], np.maximum(own[:, 0], scores.max(axis=1))))
    better, tied, own, best = map(np.concatenate, zip(*parts, strict=True))
    return Search(better, tied, own, best, person, np.ones(len(person), bool), len(people))


def rank(found: Search, k: int) -> Estimate:
    """Share of the probes of enrolled people whose person is among the k highest; chance k / N.

    Raises:
        ValueError: unless k is one of 1..N-1.
    """
    if not 1 <= k < found.n_enrolled:
        raise ValueError(
            f"expected a rank of 1 to {found.n_enrolled - 1} for {found.n_enrolled} people "
            f"enrolled, got {k}"
        )
    return _mean(found, _hits(found, k), k / found.n_enrolled)


def cmc(answers: AnyAnswers) -> tuple[Sequence[int], Sequence[float]]:
    """Ranks, 1 to the number of people, and the share of probes identified at each.

    Of templates, the probes of people enrolled among all who are; of a classifier's answers, all
    among its classes. Ties are broken at random; chance is rank / people.

    Raises:
        ValueError: for numbers, or without a probe of somebody enrolled.
    """
    if isinstance(answers, Templates):
        found = search(answers)
        ranks = _ranks(found.n_enrolled)
        hits = [_hits(found, k)[found.enrolled] for k in ranks]
    elif isinstance(answers, Answers):
        ranks = _ranks(answers.scores.shape[1])
        hits = [among_highest(answers, k) for k in ranks]
    else:
        raise ValueError("expected a classifier's answers or templates for a CMC, got numbers")
    return ranks, [float(hit.mean()) for hit in hits]


def _ranks(n: int) -> list[int]:
    """All ranks, or of many those that are denser where they are low."""
    return sorted({round(rank) for rank in np.geomspace(1, n, _N_RANKS).tolist()})


def gallery_of(found: Search, size: int) -> Estimate:
    """Rank 1 if only `size` people were enrolled: the probe's own and others drawn at random.

    The mean over all such draws, in closed form. With b people better and t tied of N enrolled it
    is [C(N-b, size) - C(N-b-t-1, size)] / [(t + 1) C(N-1, size-1)]; chance 1 / size.

    Raises:
        ValueError: unless size is one of 2..N.
    """
    n = found.n_enrolled
    if not 2 <= size <= n:
        raise ValueError(
            f"expected a gallery of 2 to {n} people, as many as are enrolled, got {size}"
        )
    not_better = n - found.better
    worse = np.maximum(not_better - found.tied - 1, 0)
    log_ways = _log_choices(np.stack([not_better, worse]), size)
    drawn, none = np.exp(log_ways - _log_choices(np.array(n - 1), size - 1))  # (N,) each
    return _mean(found, np.clip((drawn - none) / (found.tied + 1), 0, 1), 1 / size)


def sizes(n_enrolled: int) -> Sequence[int]:
    """Galleries to report: 10, 100, ... people, and all."""
    powers = [10**e for e in range(1, len(str(n_enrolled))) if 10**e < n_enrolled]
    return [*powers, n_enrolled]


def fnir(found: Search, fpir: float) -> Estimate:
    """False negative identification rate where the false positive one is `fpir` or less.

    A probe is identified if its person scores highest and above the threshold, the lowest that
    keeps the FPIR on the probes of people who are not enrolled. Chance is 1 - fpir / N.

    Raises:
        ValueError: with fewer than 3 / fpir people who are not enrolled (rule of 3: without an
            error in so many, the rate is below fpir with 95 %).
    """
    n_others = len(np.unique(found.person[~found.enrolled]))
    if n_others * fpir < 3:
        raise ValueError(
            f"expected {np.ceil(3 / fpir):.0f} people who are not enrolled for FPIR {fpir:g}, got "
            f"{n_others}; use a higher FPIR or more people"
        )
    missed, chance = _missed(found, fpir), 1 - fpir / found.n_enrolled

    def at_this_threshold(weights: Floats) -> Floats:  # of the enrolled, (B, M)
        everybody = np.ones((len(weights), len(found.person)))
        everybody[:, found.enrolled] = weights
        return missed(everybody)

    fixed = estimate(at_this_threshold, found.person[found.enrolled], chance)
    moved = estimate(missed, found.person, chance, pairs=True)  # the threshold moves as well
    return widened(fixed, (moved.low, moved.high))


def _missed(found: Search, fpir: float) -> Statistic:
    """FNIR as a function of weights; nan where either side loses all weight."""
    others = np.flatnonzero(~found.enrolled)
    others = others[np.argsort(-found.best[others], kind="stable")]
    enrolled = np.flatnonzero(found.enrolled)
    first = np.where(found.better[enrolled] == 0, 1 / (found.tied[enrolled] + 1), 0)
    ends = np.append(found.best[others], -np.inf)  # the threshold lies just above one of them

    def statistic(weights: Floats) -> Floats:
        positives = np.cumsum(weights[:, others], axis=1)  # (B, S)
        with np.errstate(invalid="ignore"):
            over = positives / positives[:, -1:] > fpir
        at = np.where(over.any(axis=1), over.argmax(axis=1), len(others))
        hit = first * (found.own[enrolled] > ends[at][:, None])  # (B, M)
        with np.errstate(invalid="ignore"):
            share = (weights[:, enrolled] * hit).sum(axis=1) / weights[:, enrolled].sum(axis=1)
        return np.where(positives[:, -1] > 0, 1 - share, np.nan)

    return statistic


def _hits(found: Search, k: int) -> Floats:
    """Chance that a probe's person is among the k highest, (N,)."""
    return np.asarray(np.clip((k - found.better) / (found.tied + 1), 0, 1))


def _mean(found: Search, hits: Floats, chance: float) -> Estimate:
    """Of the probes of enrolled people."""
    hits = hits[found.enrolled]
    return estimate(weighted_mean(hits), found.person[found.enrolled], chance)


def _log_choices(n: Ids, k: int) -> Floats:
    """Logarithm of n over k; -inf where k > n."""
    return np.asarray(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1))


def _check(templates: Templates) -> None:
    if n_shared := int(np.isin(templates.probe_image_id, templates.gallery_image_id).sum()):
        raise ValueError(
            f"expected probe pictures that are not enrolled, got {n_shared} that are; take them "
            "out of the gallery or of the probe"
        )
    if not np.isin(templates.probe_person, templates.gallery_person).any():
        raise ValueError(
            f"expected probe pictures of enrolled people, got none of {len(templates)}; enroll "
            "other pictures of these people"
        )
