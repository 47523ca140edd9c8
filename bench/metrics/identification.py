"""How well a matcher finds a probe's person among the people enrolled.

A tie is broken at random: rates are expectations over that, so that equal scores give chance and
not rank 1. Intervals resample the people of the probes; the gallery stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.answers import Estimate, Templates
from bench.metrics.intervals import Floats, Ids, Statistic, estimate, weighted_mean, wilson
from bench.metrics.pair_blocks import Singles

Per = Literal["person", "picture"]

_TILE = 2**22  # scores at once


@dataclass(frozen=True, eq=False)
class Search:
    """Where each probe's person came, and what scored best.

    Attributes:
        better, tied: int64, (N,): other people enrolled who score above, and like, the probe's own;
            without meaning for a stranger, as is `own`.
        own: float32, (N,): score of the probe's own person.
        best: float32, (N,): highest score of all people enrolled.
        person: int64, (N,): of the probe.
        enrolled: bool, (N,): whether that person is.
        n_enrolled: people in the gallery.
    """

    better: Ids
    tied: Ids
    own: Singles
    best: Singles
    person: Ids
    enrolled: NDArray[np.bool_]
    n_enrolled: int


def search(templates: Templates, per: Per = "person") -> Search:
    """Ranks the people enrolled for each probe.

    Args:
        templates: the gallery enrols; probes of people without a picture in it are strangers.
        per: compare with the mean of a person's templates, at length 1, or with the best picture.

    Raises:
        ValueError: if a probe is itself enrolled, or nobody who is probed.
    """
    _check(templates)
    people, starts, gallery = _gallery(templates, per)
    at = np.minimum(np.searchsorted(people, templates.probe_person), len(people) - 1)  # (N,)
    enrolled = people[at] == templates.probe_person
    parts, step = [], max(1, _TILE // len(gallery))
    for start in range(0, len(templates), step):
        rows = slice(start, start + step)
        scores = templates.scores(rows, gallery)
        if per == "picture":
            scores = np.maximum.reduceat(scores, starts, axis=1)  # (n, people)
        own = np.take_along_axis(scores, at[rows, None], 1)  # (n, 1)
        better, tied = (scores > own).sum(axis=1), (scores == own).sum(axis=1) - 1
        parts.append((better, tied, own[:, 0], scores.max(axis=1)))
    better, tied, own, best = (np.concatenate(part) for part in zip(*parts, strict=True))
    better[np.isin(templates.probe_image_id, templates.not_acquired)] = len(
        people
    )  # wrong, not a tie
    person = templates.probe_person
    return Search(better, tied, own, best, person, enrolled, len(people))


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
    return _mean(found, np.clip((k - found.better) / (found.tied + 1), 0, 1), k / found.n_enrolled)


def cmc(found: Search, k: int) -> tuple[Estimate, ...]:
    """`rank` 1 to k, (k,)."""
    return tuple(rank(found, i) for i in range(1, k + 1))


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
    worse = n - found.better
    ways = [_log_choices(worse, size), _log_choices(worse - found.tied - 1, size)]
    drawn, none = np.exp(np.stack(ways) - _log_choices(np.array([n - 1]), size - 1))  # (N,) each
    return _mean(found, np.clip((drawn - none) / (found.tied + 1), 0, 1), 1 / size)


def sizes(n_enrolled: int) -> Sequence[int]:
    """Galleries to report: 10, 100, ... people, and all."""
    powers = [10**e for e in range(1, len(str(n_enrolled))) if 10**e < n_enrolled]
    return [*powers, n_enrolled]


def fnir(found: Search, fpir: float) -> Estimate:
    """Share of enrolled people's probes missed where `fpir` or less of the strangers' are found.

    Found means highest of all and at or above the threshold, the lowest that keeps the FPIR on
    these very strangers. Chance is 1 - fpir / N.

    Raises:
        ValueError: with fewer than 3 / fpir people among the strangers (rule of 3: without an error
            in so many, the rate is below fpir with 95 %).
    """
    n_strangers = len(np.unique(found.person[~found.enrolled]))
    if n_strangers * fpir < 3:
        raise ValueError(
            f"expected {np.ceil(3 / fpir):.0f} people who are not enrolled for FPIR {fpir:g}, got "
            f"{n_strangers}; use a higher FPIR or more people"
        )
    n = int(found.enrolled.sum())
    chance = 1 - fpir / found.n_enrolled
    value, low, high, _, _ = estimate(_missed(found, fpir), found.person, chance)
    wilson_low, wilson_high = wilson(value * n, n)
    return Estimate(value, min(low, wilson_low), max(high, wilson_high), n, chance)


def _missed(found: Search, fpir: float) -> Statistic:
    """FNIR as a function of weights; nan where either side loses all weight."""
    strangers = np.flatnonzero(~found.enrolled)
    strangers = strangers[np.argsort(-found.best[strangers], kind="stable")]
    known = np.flatnonzero(found.enrolled)
    first = np.where(found.better[known] == 0, 1 / (found.tied[known] + 1), 0)
    ends = np.append(found.best[strangers], -np.inf)  # the threshold lies just above one of them

    def statistic(weights: Floats) -> Floats:
        alarms = np.cumsum(weights[:, strangers], axis=1)  # (B, S)
        with np.errstate(invalid="ignore"):
            over = alarms / alarms[:, -1:] > fpir
        at = np.where(over.any(axis=1), over.argmax(axis=1), len(strangers))
        hit = first * (found.own[known] > ends[at][:, None])  # (B, M)
        with np.errstate(invalid="ignore"):
            share = (weights[:, known] * hit).sum(axis=1) / weights[:, known].sum(axis=1)
        return np.where(alarms[:, -1] > 0, 1 - share, np.nan)

    return statistic


def _gallery(templates: Templates, per: Per) -> tuple[Ids, Ids, Singles]:
    """People enrolled, (P,), where their templates start, (P,), and those, in this order."""
    order = np.argsort(templates.gallery_person, kind="stable")
    people, starts = np.unique(templates.gallery_person[order], return_index=True)
    gallery = templates.gallery[order]
    if per == "person":
        gallery = np.add.reduceat(gallery, starts)  # (P, D)
        gallery /= np.maximum(np.linalg.norm(gallery, axis=1, keepdims=True), 1e-12)
    return people, starts, gallery


def _mean(found: Search, hits: Floats, chance: float) -> Estimate:
    """Of the probes of enrolled people."""
    hits = hits[found.enrolled]
    return estimate(weighted_mean(hits), found.person[found.enrolled], chance)


def _log_choices(n: Ids, k: int) -> Floats:
    """Logarithm of n over k, -inf where k > n, (N,)."""
    left = np.maximum(n, k)
    ways = special.gammaln(left + 1) - special.gammaln(k + 1) - special.gammaln(left - k + 1)
    return np.where(n >= k, ways, -np.inf)


def _check(templates: Templates) -> None:
    n_shared = int(np.isin(templates.probe_image_id, templates.gallery_image_id).sum())
    if n_shared:
        raise ValueError(
            f"expected probe pictures that are not enrolled, got {n_shared} that are; take them "
            "out of the gallery or of the probe"
        )
    if not np.isin(templates.probe_person, templates.gallery_person).any():
        raise ValueError(
            f"expected probe pictures of enrolled people, got none of {len(templates)}; enroll "
            "other pictures of these people"
        )
