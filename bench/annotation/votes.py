"""The labels given to one question as an array: version x image x labeler."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.annotation.reading import Key, Label, number_or_nan
from bench.annotation.study_spec import RAW, SAME_PERSON
from bench.metrics.intervals import Floats, Ids
from bench.tables import Cell, Table

TruthFrom = Literal["raw", "key"]
SIMULATED = "simulated-"  # begins the name of every simulated labeler


@dataclass(frozen=True, eq=False)
class Votes:
    """Labels of each version of each image.

    Attributes:
        question: its short name.
        versions, images, labelers, classes: names.
        labels: int64, (V, I, L): a class's number, -1 if not labelled.
        truth: int64, (I,): a class's number, -1 if unknown.
        truth_from: raw (the majority of the raw version's votes) or key.
        unit: int64, (I,): the person of each image, if the key says; else the image.
        facts: name to a text per image, from the key; empty if it has none.
        seconds: float64, (V, I, L): time that the labeler took; nan if unknown.
    """

    question: str
    versions: tuple[str, ...]
    images: tuple[str, ...]
    labelers: tuple[str, ...]
    classes: tuple[str, ...]
    labels: Ids
    truth: Ids
    truth_from: TruthFrom
    unit: Ids
    facts: Mapping[str, tuple[str, ...]]
    seconds: Floats

    @property
    def correct(self) -> Floats:
        """1 if the label is the truth, 0 if not, nan if either is missing, (V, I, L)."""
        known = (self.labels >= 0) & (self.truth >= 0)[:, None]
        return np.where(known, self.labels == self.truth[:, None], np.nan)

    @property
    def no_truth_reason(self) -> str:
        """Why no image has a truth; empty if one has."""
        if (self.truth >= 0).any():
            return ""
        if self.truth_from == "raw":
            return (
                f"expected votes on the version {RAW!r} with a majority, which is the truth; for "
                "that of the key, use --truth key"
            )
        return "expected a column truth in the key; give one with --key"

    @property
    def chance(self) -> float:
        """Accuracy of always giving the commonest true label; nan without a truth."""
        known = self.truth[self.truth >= 0]
        return float(np.bincount(known).max() / len(known)) if len(known) else np.nan

    @property
    def counts(self) -> Ids:
        """Votes for each class, (V, I, C)."""
        return np.asarray((self.labels[..., None] == np.arange(len(self.classes))).sum(axis=2))

    @property
    def who(self) -> str:
        """Number of people and of SIMULATED labelers, in words."""
        n = sum(name.startswith(SIMULATED) for name in self.labelers)
        if n in (0, len(self.labelers)):
            return f"{len(self.labelers)} {'SIMULATED labelers' if n else 'people'}"
        return f"{len(self.labelers) - n} people and {n} SIMULATED labelers"

    def number(self, fact: str) -> Floats:
        """A fact as a number per image, (I,); nan if it is not a number."""
        return np.array(
            [number_or_nan(text) for text in self.facts.get(fact, ("",) * len(self.images))]
        )

    def table(
        self,
        name: str,
        title: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        note: str = "",
    ) -> Table:
        """A table about this question, which names it and the labelers."""
        title = f"{self.question}: {title} ({self.who})"
        return Table(title, columns, rows, note, f"{self.question}-{name}")


def votes_by_question(labels: Sequence[Label], key: Key, truth_from: TruthFrom) -> list[Votes]:
    """The votes on each question, in the order of their first label.

    Args:
        labels: of all questions.
        key: facts of the pictures; may be empty.
        truth_from: `raw`: as in the paper, the majority of the raw version's votes; an image whose
            vote is tied has no truth. `key`: the column `truth` of the key. Whether two pictures
            show one person is always taken from the key.
    """
    questions = dict.fromkeys(label.question for label in labels)
    return [
        _votes([label for label in labels if label.question == name], key, truth_from)
        for name in questions
    ]


def _votes(labels: Sequence[Label], key: Key, truth_from: TruthFrom) -> Votes:
    question = labels[0].question
    versions, images, labelers, classes = (
        sorted({getattr(label, name) for label in labels})
        for name in ("version", "image", "labeler", "label")
    )
    versions.sort(key=lambda name: name != RAW)  # raw comes first
    facts = _facts(question, images, key)
    both = ("no", "yes") if set(classes) <= {"no", "yes"} else ()  # even if all say yes
    classes = sorted({*classes, *facts.get("truth", ()), *both} - {""}, reverse=True)
    axes = (tuple(versions), tuple(images), tuple(labelers), tuple(classes))
    places = [{name: i for i, name in enumerate(axis)} for axis in axes]
    shape = (len(versions), len(images), len(labelers))
    given, seconds = np.full(shape, -1), np.full(shape, np.nan)
    for label in labels:
        names = (label.version, label.image, label.labeler, label.label)
        *cell, number = (place[name] for place, name in zip(places, names, strict=True))
        given[tuple(cell)], seconds[tuple(cell)] = number, label.seconds
    if question == SAME_PERSON:
        truth_from = "key"
    if truth_from == "key":
        truth = np.array([places[3].get(name, -1) for name in facts.get("truth", [""] * shape[1])])
    else:
        truth = _majority(given, versions, len(classes))
    _, unit = np.unique(facts.get("person", images), return_inverse=True)
    return Votes(question, *axes, given, truth, truth_from, unit, facts, seconds)


def _facts(question: str, images: Sequence[str], key: Key) -> dict[str, tuple[str, ...]]:
    """Facts of the images, in order; a line of the key holds for all versions of its image."""
    lines = {row["image"]: row for row in key.values() if row["question"] == question}
    names = dict.fromkeys(name for row in lines.values() for name in row)
    facts = {
        name: tuple(lines.get(image, {}).get(name, "") for image in images)
        for name in names
        if name not in ("picture", "question", "image", "version")
    }
    return {name: values for name, values in facts.items() if any(values)}


def _majority(given: Ids, versions: Sequence[str], n_classes: int) -> Ids:
    """The commonest label of the raw version, (I,); -1 if tied or not labelled."""
    if RAW not in versions:
        return np.full(given.shape[1], -1)
    counts = (given[versions.index(RAW)][..., None] == np.arange(n_classes)).sum(axis=1)  # (I, C)
    most = counts.max(axis=1)
    clear = (counts == most[:, None]).sum(axis=1) == 1
    return np.where(clear, counts.argmax(axis=1), -1)
