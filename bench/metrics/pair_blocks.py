"""Pairs of a probe and a gallery picture, scored in tiles that fit into the cache."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.answers import Templates
from bench.metrics.intervals import Floats, Ids

Singles = NDArray[np.float32]
Kind = TypeVar("Kind", bound=np.generic)

N_FINE = 2**16  # equal bins
N_EXACT = 2**20  # up to so many pairs every score is a level of its own
_SCORES = 2**18  # at once


class Tile(NamedTuple):
    """The pairs of all probes with the gallery pictures, a slice, of consecutive people, (N, g)."""

    people: Ids
    pictures: slice


class ScoreLevels(NamedTuple):
    """Levels, (K,), and the level's number of each pair of a tile, (N, g)."""

    levels: Floats
    number: Callable[[Tile], Ids]


class Pairs:
    """The pairs to compare.

    Attributes:
        templates: in the order of their people, who are numbered 0..P-1.
        group: int64, (P,), of each person, 0, 1, ...
        n_people: P, probed or enrolled.
        paired: int64, those with a mated pair, ascending.
        probed, enrolled: int64, (P + 1,): the first picture of each person on either side.
    """

    def __init__(self, templates: Templates, group: Ids | None) -> None:
        self.templates, people = _in_order(templates)
        within = np.zeros_like(people) if group is None else group[people]
        self.group = np.unique(within, return_inverse=True)[1]
        self.n_people, self.paired = len(people), _paired(self.templates)
        self.probed, self.enrolled = (
            np.searchsorted(side, np.arange(self.n_people + 1))
            for side in (self.templates.probe_person, self.templates.gallery_person)
        )
        self._same = _same_pictures(self.templates)

    def tiles(self) -> list[Tile]:
        """Tiles of all pairs."""
        people = np.unique(self.templates.gallery_person)
        width = max(1, _SCORES // max(1, len(self.templates.probe)))
        ends = np.flatnonzero(np.diff(self.enrolled[people] // width)) + 1
        parts = np.split(people, ends) if len(people) else []
        starts = self.enrolled
        return [Tile(some, slice(starts[some[0]], starts[some[-1] + 1])) for some in parts]

    def scores(self, tile: Tile) -> Singles:
        """The scores of a tile, (N, g); always the same product, so they repeat to the last bit."""
        return self.templates.scores(slice(None), self.templates.gallery[tile.pictures])

    def own(self, tile: Tile, person: int) -> tuple[slice, slice]:
        """Where in the tile a person's probes and pictures of the gallery are."""
        first, last = self.enrolled[person : person + 2] - tile.pictures.start
        return slice(*self.probed[person : person + 2]), slice(first, last)

    def excluded(self, tile: Tile, values: NDArray[Kind], instead: float) -> NDArray[Kind]:
        """The tile's values, (N, g), with another one for pairs that do not count.

        These are pairs of a picture with itself and of people of two groups.
        """
        found, (probe, gallery) = values.copy(), self._same
        here = slice(*np.searchsorted(gallery, (tile.pictures.start, tile.pictures.stop)))
        found[probe[here], gallery[here] - tile.pictures.start] = instead
        if self.group.any():
            t = self.templates
            who, whom = self.group[t.probe_person], self.group[t.gallery_person[tile.pictures]]
            found[who[:, None] != whom] = instead  # (N, g)
        return found

    def n_people_pairs(self) -> int:
        """Different pairs of people of one group, one of them probed and the other enrolled."""
        probed, enrolled = (np.diff(starts) > 0 for starts in (self.probed, self.enrolled))
        n, m, both = (
            np.bincount(self.group[who], minlength=self.group.max() + 1)
            for who in (probed, enrolled, probed & enrolled)
        )
        return int((n * m - both * (both + 1) // 2).sum())


def fine(pairs: Pairs) -> ScoreLevels:
    """A level for each score if they are few, else equal bins over their range."""
    if len(pairs.templates.probe) * len(pairs.templates.gallery) <= N_EXACT:
        return _exact(pairs)
    low, high = np.float32(np.inf), np.float32(-np.inf)
    for tile in pairs.tiles():
        scores = pairs.scores(tile)
        low = np.minimum(low, pairs.excluded(tile, scores, np.inf).min())
        high = np.maximum(high, pairs.excluded(tile, scores, -np.inf).max())
    per_score = np.float32(N_FINE / ((high - low) or 1.0))

    def number(tile: Tile) -> Ids:
        place = pairs.scores(tile)
        place -= low
        place *= per_score
        return np.clip(place, 0, N_FINE - 1, out=place).astype(np.int64)

    return ScoreLevels(low + (np.arange(N_FINE) + 0.5) * (high - low) / N_FINE, number)


def _exact(pairs: Pairs) -> ScoreLevels:
    nothing = np.empty((len(pairs.templates.probe), 0), np.float32)
    scores = (pairs.excluded(tile, pairs.scores(tile), np.inf) for tile in pairs.tiles())
    levels, number = np.unique(np.concatenate([nothing, *scores], axis=1), return_inverse=True)
    levels = levels[np.isfinite(levels)].astype(np.float64)  # without those that do not count
    number = np.minimum(number, len(levels) - 1)  # (N, G)
    return ScoreLevels(levels, lambda tile: number[:, tile.pictures])


def _same_pictures(templates: Templates) -> tuple[Ids, Ids]:
    """The places in probe and gallery of the same picture, in the order of the latter."""
    order = np.argsort(templates.probe_image_id, kind="stable")
    ids = templates.probe_image_id[order]
    first, end = (ids.searchsorted(templates.gallery_image_id, side) for side in ("left", "right"))
    n = end - first  # (G,): 1 at most unless ids repeat
    gallery = np.repeat(np.arange(len(n)), n)
    nth = np.arange(len(gallery)) - np.repeat(np.cumsum(n) - n, n)
    return order[first[gallery] + nth], gallery


def _in_order(templates: Templates) -> tuple[Templates, Ids]:
    """Templates in the order of their people, who are numbered 0..P-1, and people's ids, (P,)."""
    people = np.union1d(templates.gallery_person, templates.probe_person)
    order = np.argsort(templates.gallery_person, kind="stable")
    probes = templates.pick(np.argsort(templates.probe_person, kind="stable"))
    ordered = replace(
        probes,
        gallery=templates.gallery[order],
        gallery_person=np.searchsorted(people, templates.gallery_person[order]),
        probe_person=np.searchsorted(people, probes.probe_person),
        gallery_image_id=templates.gallery_image_id[order],
    )
    return ordered, people


def _paired(templates: Templates) -> Ids:
    """People with a mated pair: probed and enrolled, with two pictures or more."""
    ids = np.append(templates.gallery_image_id, templates.probe_image_id)
    people = np.append(templates.gallery_person, templates.probe_person)
    n_pictures = np.bincount(np.unique([people, ids], axis=1)[0])
    shared = np.intersect1d(templates.gallery_person, templates.probe_person)
    return np.asarray(shared[n_pictures[shared] > 1])
