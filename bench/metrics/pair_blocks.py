"""Pairs of a probe and a gallery picture, scored in tiles that fit into memory."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.answers import Templates
from bench.metrics.intervals import Floats, Ids

Singles = NDArray[np.float32]

N_FINE = 2**16  # equal bins
N_EXACT = 2**20  # up to so many pairs every score is a level of its own
_SCORES = 2**22  # at once
_COUNTERS = 2**15  # people and replicates of a block; each has a few hundred bins


class Tile(NamedTuple):
    """Probes against gallery pictures: people (n,) and (g,), scores and which count, (n, g)."""

    probe_person: Ids
    gallery_person: Ids
    scores: Singles
    kept: NDArray[np.bool_]


class ScoreLevels(NamedTuple):
    """Levels, (K,), and the level's number of each score."""

    levels: Floats
    number: Callable[[Singles], Ids]


class Pairs:
    """The pairs to compare, in blocks of gallery people and tiles of pictures.

    Attributes:
        templates: in the order of their people, who are numbered 0..P-1.
        group: int64, (P,), of each person, 0, 1, ...
        n_people: P, probed or enrolled.
        paired: int64, those with a mated pair, ascending.
    """

    def __init__(self, templates: Templates, group: Ids | None) -> None:
        self.templates, people = _in_order(templates)
        within = np.zeros_like(people) if group is None else group[people]
        self.group = np.unique(within, return_inverse=True)[1]
        self.n_people, self.paired = len(people), _paired(self.templates)
        width = max(1, _COUNTERS // max(self.n_people, 1000))
        everyone = np.arange(self.n_people)
        self.blocks = [everyone[i : i + width] for i in range(0, self.n_people, width)]

    def tiles(self, people: Ids) -> Iterator[Tile]:
        """All probes against the gallery pictures of these consecutive people."""
        t = self.templates
        a, b = np.searchsorted(t.gallery_person, [people[0], people[-1] + 1])
        step = max(1, _SCORES // max(1, b - a))
        for start in range(0, len(t.probe) if b > a else 0, step):
            rows = slice(start, start + step)
            who, whom = t.probe_person[rows], t.gallery_person[a:b]
            kept = t.probe_image_id[rows, None] != t.gallery_image_id[a:b]  # (n, g)
            kept &= self.group[who][:, None] == self.group[whom]
            yield Tile(who, whom, t.scores(rows, t.gallery[a:b]), kept)

    def all_tiles(self) -> Iterator[Tile]:
        """Those of all blocks; always the same products, so that scores repeat to the last bit."""
        for people in self.blocks:
            yield from self.tiles(people)

    def n_people_pairs(self) -> int:
        """Different pairs of people of one group, one of them probed and the other enrolled."""
        t, everyone = self.templates, np.arange(self.n_people)
        probed, enrolled = (np.isin(everyone, p) for p in (t.probe_person, t.gallery_person))
        n, m, both = (
            np.bincount(self.group[who], minlength=self.group.max() + 1)
            for who in (probed, enrolled, probed & enrolled)
        )
        return int((n * m - both * (both + 1) // 2).sum())


def fine(pairs: Pairs) -> ScoreLevels:
    """A level for each score if they are few, else equal bins over their range."""
    if len(pairs.templates.probe) * len(pairs.templates.gallery) <= N_EXACT:
        kept = [tile.scores[tile.kept] for tile in pairs.all_tiles()]
        exact = np.unique(np.concatenate([*kept, np.empty(0, np.float32)]))
        return ScoreLevels(
            exact.astype(np.float64),
            lambda scores: np.minimum(np.searchsorted(exact, scores), len(exact) - 1),
        )
    low, high = np.float32(np.inf), np.float32(-np.inf)
    for tile in pairs.all_tiles():
        low = np.min(tile.scores, where=tile.kept, initial=low)
        high = np.max(tile.scores, where=tile.kept, initial=high)
    per_score = np.float32(N_FINE / ((high - low) or 1.0))
    return ScoreLevels(
        low + (np.arange(N_FINE) + 0.5) * (high - low) / N_FINE,
        lambda scores: np.clip((scores - low) * per_score, 0, N_FINE - 1).astype(np.int64),
    )


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
