"""A classifier of raw faces that learns from labels given to protected ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.annotation.panel import PanelOptions, panel
from bench.annotation.study_pictures import StudyPictures, study_pictures
from bench.annotation.study_spec import RAW, StudySpec
from bench.annotation.votes import Mask
from bench.answers import Answers
from bench.api import Attacker, Classifier, Dataset
from bench.faces import Faces, Sample, Target
from bench.metrics.accuracy import auc_statistic, balanced_statistic, top1_statistic
from bench.metrics.intervals import Ids, Statistic, estimate
from bench.registry import make
from bench.runner.rng import generator
from bench.runner.step import Engine
from bench.runner.store import Store
from bench.runner.worker import Worker
from bench.spec import Spec
from bench.tables import Cell, Number, Table
from bench.threats import Knowledge

TRUE = "true labels"
VALID_SHARE = 0.25  # of the training groups, for early stopping


class Examples(NamedTuple):
    """Raw pictures for training and testing."""

    faces: Faces  # pictures with labels and image ids
    truth: Ids  # (N,), 1 or 0
    group: Ids  # is never split between training and test, (N,): a take, or a person under `open`

    @property
    def person(self) -> Ids:
        """The person of each picture, (N,)."""
        return np.asarray(self.faces.labels["identity"], np.int64)


def train_downstream(
    folder: Path, options: PanelOptions, learner: Spec, store: Store, engine: Engine, worker: Worker
) -> Table:
    """Accuracy of a classifier by the source of its labels, and its loss against true labels.

    A panel labels all pictures of the probe. Two-fold cross-validation over takes (closed) or
    people (open); training pictures are balanced by repeating those of the rarer label. All sources
    share the random numbers.

    Raises:
        ValueError: if the panel is even, or there are too few groups of pictures.
    """
    spec, n = StudySpec.read(folder), options.n_labelers
    if n % 2 == 0:  # their votes may tie
        raise ValueError(f"expected an odd number of labelers, got {n}; change --labelers")
    pictures = study_pictures(spec, store, engine)
    labelers = panel(spec, pictures, options, store, engine)
    examples, known = _examples(spec, pictures), pictures.truth >= 0
    sources = {TRUE: examples.truth}
    for version in pictures.versions:
        votes = [labeler.answers_yes(version, spec.seed) for labeler in labelers]
        sources[version] = np.asarray(np.mean(votes, axis=0) > 0.5, np.int64)[known]
    answers = {
        name: _out_of_fold(examples, labels, learner, spec.seed, worker)
        for name, labels in sources.items()
    }
    return Table(
        f"{spec.name}: a classifier of raw faces by the source of its labels "
        f"({n} SIMULATED labelers)",
        ("labels from", "labels right", "accuracy", "balanced", "AUC", "loss", "loss against raw"),
        [_row(name, labels, answers, examples.truth) for name, labels in sources.items()],
        f"Percent, with 95 % intervals over people; {len(examples.truth)} pictures of "
        f"{len(np.unique(examples.person))} people. Loss: of balanced accuracy, against true "
        "labels and against labels of raw pictures.",
        f"{spec.name}-downstream",
    )


def _examples(spec: StudySpec, pictures: StudyPictures) -> Examples:
    """The labelled pictures of the probe, which neither the panel nor a defense has seen."""
    known = np.flatnonzero(pictures.truth >= 0)
    faces = pictures.faces.pick(known)
    by_person = make(Dataset, spec.data).protocol == "open"
    group = faces.labels["identity"] if by_person else faces.labels.get("take", known)
    return Examples(faces, pictures.truth[known], np.asarray(group, np.int64))


def _row(name: str, labels: Ids, answers: Mapping[str, Answers], truth: Ids) -> tuple[Cell, ...]:
    own = answers[name]
    balanced = balanced_statistic(own)
    cells: list[Cell] = [name, Number(float((labels == truth).mean()))]
    for statistic in (top1_statistic(own), balanced, auc_statistic(own)):
        cells.append(Number(*estimate(statistic, own.person, np.nan)[:3]))
    for better in (TRUE, RAW):
        cells.append("" if name in (TRUE, better) else _loss(balanced, answers[better]))
    return tuple(cells)


def _loss(balanced: Statistic, better: Answers) -> Number:
    """The other source's balanced accuracy minus this one's, over the same people."""
    other = balanced_statistic(better)
    found = estimate(lambda w: other(w) - balanced(w), better.person, np.nan, share=False)
    return Number(*found[:3])


def _out_of_fold(
    examples: Examples, labels: Ids, classifier: Spec, seed: int, worker: Worker
) -> Answers:
    """Answers about each half of the groups, learned from the labels of the other half."""
    learner = make(Attacker, classifier)
    if not isinstance(learner, Classifier):
        raise ValueError(f"--classifier: expected a classifier, got {classifier}")
    groups = generator("halves", seed).permutation(np.unique(examples.group))
    if (n := len(groups)) < 4:
        raise ValueError(f"expected 4 takes or people or more, got {n}; use more pictures")
    scores = np.zeros((len(labels), 2), np.float32)
    first, second = np.array_split(groups, 2)
    for half, others in ((first, second), (second, first)):
        test, train = np.isin(examples.group, half), np.isin(examples.group, others)
        valid = np.isin(examples.group, others[: max(1, round(VALID_SHARE * len(others)))])
        knowledge = Knowledge(
            _balanced(examples, labels, train & ~valid, seed),
            _balanced(examples, labels, train & valid, seed),
            None,
            Target("label", "categorical", ("no", "yes")),
            frozenset(),
        )
        weights = learner.fit(knowledge, worker.training(generator("student", seed)))
        shown = Sample(examples.faces.images[test])
        scores[test] = learner.predict(shown, weights, worker.protecting())
    return Answers(scores, examples.truth, examples.group, examples.faces.image_id)


def _balanced(examples: Examples, labels: Ids, mask: Mask, seed: int) -> Sample:
    """Pictures under the mask, equally many of both labels."""
    rng = generator("even", seed)
    sides = [np.flatnonzero(mask & (labels == label)) for label in (0, 1)]
    n = max(map(len, sides))
    index = np.concatenate([rng.permutation(np.resize(side, n)) for side in sides if len(side)])
    known = {"label": labels[index], "person": examples.person[index]}
    return Sample(examples.faces.images[index], known)
