"""What surrogates are for: training on raw faces with labels that were given to protected ones."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.annotation.judges import Judge
from bench.annotation.material import Material
from bench.annotation.panel import Labeler, answers
from bench.annotation.recipe import RAW, Recipe
from bench.annotation.tables import Cell, Percent, Table
from bench.answers import Answers, Estimate
from bench.api import Attacker, Classifier, Dataset, Knowledge
from bench.faces import Sample, Target
from bench.metrics.accuracy import auc_statistic, balanced_statistic, top1_statistic
from bench.metrics.intervals import Statistic, estimate
from bench.registry import make
from bench.runner.luck import generator
from bench.runner.worker import Worker
from bench.spec import Spec

Ids = NDArray[np.int64]
TRUE = "true labels"
VALID_SHARE = 0.25  # of the groups that a student learns from, to stop by


class Lesson(NamedTuple):
    """Pictures to learn from and to be examined on.

    Attributes:
        images: raw, uint8 (N, 3, H, W).
        truth: (N,), 1 or 0.
        person: (N,).
        group: what is never on both sides, (N,): a take, or a person where strangers are asked.
        row: (N,).
    """

    images: NDArray[np.uint8]
    truth: Ids
    person: Ids
    group: Ids
    row: Ids


def lesson(recipe: Recipe, given: Material) -> Lesson:
    """The labelled pictures of the probe: the panel has not seen them, nor has any defense."""
    labels = given.faces.labels
    person = np.asarray(labels["identity"], np.int64)
    strangers = make(Dataset, recipe.data).protocol == "open"
    own = np.arange(len(person))  # without takes, each picture is one
    group = person if strangers else np.asarray(labels.get("take", own), np.int64)
    known = np.flatnonzero(given.truth >= 0)
    faces, truth = given.faces.pick(known), given.truth[known]
    return Lesson(faces.images, truth, person[known], group[known], faces.rows)


def labels_of(panel: Sequence[Labeler], judges: Sequence[Judge], version: str, seed: int) -> Ids:
    """The majority of the panel's answers about a version, (N,); an odd panel has no ties."""
    said = [answers(one, judges, version, seed) for one in panel]
    return np.asarray(np.mean(said, axis=0) > 0.5, np.int64)


def downstream(
    recipe: Recipe,
    given: Material,
    panel: Sequence[Labeler],
    judges: Sequence[Judge],
    student: Spec,
    worker: Worker,
) -> Table:
    """A student for each source of labels: how good, and how much worse than with true labels.

    Each picture of the probe is examined once, by a student that learned from the other half of the
    takes (closed) or people (open), from as many pictures labelled yes as no (the rarer ones are
    shown more often); students of all sources have equal luck.

    Raises:
        ValueError: if the panel is even, or the pictures make no two halves.
    """
    if len(panel) % 2 == 0:
        raise ValueError(f"{len(panel)} labelers may tie; take an odd number (--labelers)")
    taught = lesson(recipe, given)
    known = np.flatnonzero(given.truth >= 0)
    sources = {TRUE: taught.truth} | {
        name: labels_of(panel, judges, name, recipe.seed)[known] for name in given.versions
    }
    said = {
        name: _examined(taught, labels, student, recipe.seed, worker)
        for name, labels in sources.items()
    }
    rows = [_row(name, sources[name], said, taught) for name in sources]
    return Table(
        f"{recipe.name}-downstream",
        f"{recipe.name}: a classifier of raw faces by the source of its labels "
        f"({len(panel)} SIMULATED labelers)",
        ("labels from", "labels right", "accuracy", "balanced", "AUC", "loss", "loss against raw"),
        rows,
        f"Percent, with 95 % intervals over people; {len(taught.truth)} pictures of "
        f"{len(np.unique(taught.person))} people. Loss: of balanced accuracy, against true labels "
        "and against labels from raw pictures.",
    )


def _row(name: str, labels: Ids, said: Mapping[str, Answers], taught: Lesson) -> tuple[Cell, ...]:
    """One source of labels."""
    mine = said[name]
    right = float((labels == taught.truth).mean())
    balanced = balanced_statistic(mine)
    cells: list[Cell] = [
        name,
        Percent(right),
        estimate(top1_statistic(mine), mine.person, np.nan),
        estimate(balanced, mine.person, np.nan),
        estimate(auc_statistic(mine), mine.person, np.nan),
    ]
    for better in (TRUE, RAW):
        cells.append("" if name in (TRUE, better) else _loss(balanced, said[better]))
    return tuple(cells)


def _loss(mine: Statistic, better: Answers) -> Estimate:
    """How much less than another source's, over the same people."""
    other = balanced_statistic(better)
    return estimate(lambda w: other(w) - mine(w), better.person, np.nan, share=False)


def _examined(taught: Lesson, labels: Ids, student: Spec, seed: int, worker: Worker) -> Answers:
    """What students say of all pictures, each taught by the half that a picture is not in."""
    classifier = make(Attacker, student)
    if not isinstance(classifier, Classifier):
        raise ValueError(f"a student is a classifier, not {student}")
    groups = generator("halves", seed).permutation(np.unique(taught.group))
    if len(groups) < 4:
        raise ValueError(f"{len(groups)} takes or people make no two halves; use more pictures")
    scores = np.zeros((len(labels), 2), np.float32)
    halves = np.array_split(groups, 2)
    for half, others in zip(halves, halves[::-1], strict=True):
        asked, learned = np.isin(taught.group, half), np.isin(taught.group, others)
        valid = np.isin(taught.group, others[: max(1, round(VALID_SHARE * len(others)))])
        learning = Knowledge(
            _sample(taught, labels, learned & ~valid, seed),
            _sample(taught, labels, learned & valid, seed),
            None,
            Target("label", "categorical", ("no", "yes")),
            frozenset(),
        )
        weights = classifier.fit(learning, worker.training(generator("student", seed)))
        shown = Sample(taught.images[asked])
        scores[asked] = classifier.predict(shown, weights, worker.protecting())
    return Answers(scores, taught.truth, taught.person, taught.row)


def _sample(taught: Lesson, labels: Ids, mask: NDArray[np.bool_], seed: int) -> Sample:
    """Pictures under the mask, as many labelled yes as no."""
    rng = generator("even", seed)
    sides = [np.flatnonzero(mask & (labels == label)) for label in (0, 1)]
    n = max(map(len, sides))
    index = np.concatenate([rng.permutation(np.resize(side, n)) for side in sides if len(side)])
    return Sample(taught.images[index], {"label": labels[index], "person": taught.person[index]})
