"""Whether what a defense gives out lies nearer to pictures that it was trained on than to others.

Applies to anything that gives out pictures; it tells of generators, whose every release could be
somebody else.
"""

from typing import NamedTuple

import numpy as np

from bench.answers import Estimate
from bench.faces import Images
from bench.metrics.intervals import Floats, Ids, estimate, wilson
from bench.metrics.looks import outlines

_SEED = 20180615  # of the people or takes that are drawn
_ROWS = 1024  # releases at once
_TIE = 1e-6  # of correlations


class Known(NamedTuple):
    """Real pictures, uint8 (N, 3, H, W), with whose and of which sitting they are, (N,)."""

    images: Images
    person: Ids
    take: Ids


class Nearest(NamedTuple):
    """The real picture that is most like each release, (N,).

    Attributes:
        trained_on: 1, or 0 if it was held out, or 0.5 if two such are equally like.
        person: whose it is.
    """

    trained_on: Floats
    person: Ids


def nearest(released: Images, training: Known, held_out: Known) -> Nearest:
    """Compares releases with pictures that the defense was trained on and with held-out ones.

    As many people of each side, or takes of the same people.

    Like is what correlates: small grey pictures, whatever their brightness and contrast.

    Args:
        released: uint8, (N, 3, H, W).
        training: what the defense was fitted to.
        held_out: of other people; or of the same people, in other takes.
    """
    sides = evenly(training, held_out)
    known = [outlines(side.images) for side in sides]  # (M, D) each
    made = outlines(released)
    trained_on, person = np.empty(len(made)), np.empty(len(made), np.int64)
    for start in range(0, len(made), _ROWS):
        rows = slice(start, start + _ROWS)
        alike = [made[rows] @ side.T for side in known]
        ahead = alike[0].max(axis=1) - alike[1].max(axis=1)  # (n,)
        trained_on[rows] = np.where(abs(ahead) <= _TIE, 0.5, ahead > 0)
        whose = [side.person[s.argmax(axis=1)] for side, s in zip(sides, alike, strict=True)]
        person[rows] = np.where(ahead > 0, *whose)
    return Nearest(trained_on, person)


def memorised(found: Nearest) -> Estimate:
    """Share of releases whose nearest real picture is one that was trained on; chance 0.5.

    Who is trained on is drawn by person (or take), so the interval is over the people who are
    nearest: many releases near to one person are one accident.

    Source: ours; distances to the nearest record as in Chen, Yu, Zhang, Fritz, GAN-Leaks, CCS 2020,
    which asks them about each training picture. Here it is asked about each release, so that a
    generator is found also if it gives out few of many training pictures.

    Raises:
        ValueError: if all releases are nearest to one person, as where all releases are alike.
    """
    n_people = len(np.unique(found.person))
    if n_people < 2:
        raise ValueError("all releases are nearest to one person: one draw tells nothing")
    share = estimate(
        lambda weights: np.asarray(weights @ found.trained_on / weights.sum(axis=1)),
        found.person,
        0.5,
    )
    low, high = wilson(share.value * n_people, n_people)  # that few may agree by luck
    return share._replace(low=min(share.low, low), high=max(share.high, high))


def evenly(first: Known, second: Known) -> tuple[Known, Known]:
    """As many people of each side, drawn; if they are the same people, as many takes of each."""
    rng = np.random.default_rng(_SEED)
    same = bool(np.isin(first.person, second.person).any())
    groups = [side.take if same else side.person for side in (first, second)]
    within = [s.person if same else np.zeros_like(s.person) for s in (first, second)]
    kept = [np.zeros(len(group), bool) for group in groups]
    for one in np.intersect1d(within[0], within[1]):
        there = [
            rng.permutation(np.unique(group[own == one]))
            for group, own in zip(groups, within, strict=True)
        ]
        n = min(map(len, there))
        for mask, group, chosen in zip(kept, groups, there, strict=True):
            mask |= np.isin(group, chosen[:n])
    some, others = (
        Known(side.images[mask], side.person[mask], side.take[mask])
        for side, mask in zip((first, second), kept, strict=True)
    )
    return some, others
