"""A classifier of raw faces that learns from labels given to protected ones."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.annotation.panel import PanelOptions, panel
from bench.annotation.study import Runner, StudySpec, study_pictures
from bench.annotation.votes import RAW, Mask
from bench.answers import Answers
from bench.api import Attacker, Classifier, Dataset
from bench.faces import Faces, Sample, Target
from bench.metrics.accuracy import auc_statistic, balanced_statistic, top1_statistic
from bench.metrics.intervals import Ids, Statistic, estimate
from bench.registry import make
from bench.runner.rng import generator
from bench.runner.worker import Worker
from bench.spec import Spec
from bench.tables import Cell, Number, Table
from bench.threats import Knowledge

TRUE = "true labels"
VALID_SHARE = 0.25  # of the training groups, for early stopping


def train_downstream(folder: Path, options: PanelOptions, learner: Spec, runner: Runner) -> Table:
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
    pictures = study_pictures(spec, runner)
    labelers = panel(spec, pictures, options, runner)
    known = np.flatnonzero(pictures.truth >= 0)
    faces, truth = pictures.faces.pick(known), pictures.truth[known]
    group, sources = _group(spec, faces), {TRUE: truth}
    for version in pictures.versions:
        votes = [labeler.answers_yes(version, spec.seed) for labeler in labelers]
        sources[version] = np.asarray(np.mean(votes, axis=0) > 0.5, np.int64)[known]
    answers, rows = dict[str, Answers](), []
    for name, labels in sources.items():
        scores = _out_of_fold(faces, group, labels, learner, spec.seed, runner.worker)
        answers[name] = Answers(scores, truth, group, faces.image_id)
        rows.append(_row(name, labels, answers))
    return Table(
        f"{spec.name}: a classifier of raw faces by the source of its labels "
        f"({n} SIMULATED labelers)",
        ("labels from", "labels right", "accuracy", "balanced", "AUC", "loss", "loss against raw"),
        rows,
        "Percent, with 95 % intervals over takes (under `open`, people); "
        f"{len(faces)} pictures of {len(np.unique(faces.labels['identity']))} people. "
        "Loss: of balanced accuracy, against true labels and against labels of raw pictures.",
        f"{spec.name}-downstream",
    )


def _group(spec: StudySpec, faces: Faces) -> Ids:
    """What is never split between training and test, (N,): takes, or people under `open`."""
    by_person = make(Dataset, spec.data).protocol == "open"
    take = faces.labels.get("take", np.arange(len(faces)))
    return np.asarray(faces.labels["identity"] if by_person else take, np.int64)


def _row(name: str, labels: Ids, answers: Mapping[str, Answers]) -> tuple[Cell, ...]:
    own = answers[name]
    balanced = balanced_statistic(own)
    cells: list[Cell] = [name, Number(float((labels == own.truth).mean()))]
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
    faces: Faces, group: Ids, labels: Ids, classifier: Spec, seed: int, worker: Worker
) -> NDArray[np.float32]:
    """Scores of each half of the groups, learned from the labels of the other half, (N, 2)."""
    learner = make(Attacker, classifier)
    if not isinstance(learner, Classifier):
        raise ValueError(f"--classifier: expected a classifier, got {classifier}")
    groups = generator("halves", seed).permutation(np.unique(group))
    if (n := len(groups)) < 4:
        raise ValueError(f"expected 4 takes or people or more, got {n}; use more pictures")
    scores = np.zeros((len(labels), 2), np.float32)
    first, second = np.array_split(groups, 2)
    for half, others in ((first, second), (second, first)):
        test, train = np.isin(group, half), np.isin(group, others)
        valid = np.isin(group, others[: max(1, round(VALID_SHARE * len(others)))])
        own, check = (_balanced(faces, labels, train & m, seed) for m in (~valid, valid))
        knowledge = Knowledge(own, check, None, Target("label", classes=("no", "yes")), frozenset())
        weights = learner.fit(knowledge, worker.training(generator("student", seed)))
        shown = Sample(faces.images[test])
        scores[test] = learner.predict(shown, weights, worker.protecting())
    return scores


def _balanced(faces: Faces, labels: Ids, mask: Mask, seed: int) -> Sample:
    """Pictures under the mask, equally many of both labels."""
    rng = generator("even", seed)
    sides = [np.flatnonzero(mask & (labels == label)) for label in (0, 1)]
    n = max(map(len, sides))
    index = np.concatenate([rng.permutation(np.resize(side, n)) for side in sides if len(side)])
    person = np.asarray(faces.labels["identity"], np.int64)[index]
    return Sample(faces.images[index], {"label": labels[index], "person": person})
