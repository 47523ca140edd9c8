"""The labels given to one question as an array: version x image x labeler."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.annotation.reading import Key, Label
from bench.data.csv_files import number_or_nan
from bench.metrics.intervals import Floats, Ids
from bench.tables import Cell, Table

TruthFrom = Literal["raw", "key"]
Mask = NDArray[np.bool_]
Rows = Sequence[Sequence[Cell]]
RAW = "raw"  # the version that shows the original
SAME_PERSON = "same-person"  # the second question
SIMULATED = "simulated-"  # begins the name of every simulated labeler


@dataclass(frozen=True, eq=False)
class Votes:
    """Labels of each version of each image."""

    question: str  # its short name
    versions: tuple[str, ...]
    images: tuple[str, ...]
    labelers: tuple[str, ...]
    classes: tuple[str, ...]
    labels: Ids  # int64, (V, I, L): a class's number, -1 if not labelled
    truth: Ids  # int64, (I,): a class's number, -1 if unknown
    truth_from: TruthFrom  # raw (the majority of the raw version's votes) or key
    unit: Ids  # int64, (I,): the person of each image, if the key has it; else the image
    # Name to a text per image, from the key; empty if it has none.
    facts: Mapping[str, tuple[str, ...]]
    seconds: Floats  # float64, (V, I, L): time that the labeler took; nan if unknown

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
        if self.truth_from == "key":
            return "expected a column truth in the key; give one with --key"
        return (
            f"expected votes on the version {RAW!r} with a majority, which is the truth; for that "
            "of the key, use --truth key"
        )

    @property
    def counts(self) -> Ids:
        """Votes for each class, (V, I, C)."""
        return _counts(self.labels, len(self.classes))

    @property
    def who(self) -> str:
        """Number of people and of SIMULATED labelers, in words."""
        n = sum(name.startswith(SIMULATED) for name in self.labelers)
        if n in (0, len(self.labelers)):
            return f"{len(self.labelers)} {'SIMULATED labelers' if n else 'people'}"
        return f"{len(self.labelers) - n} people and {n} SIMULATED labelers"

    def number(self, fact: str) -> Floats:
        """A fact as a number per image, (I,); nan if it is not a number."""
        texts = self.facts.get(fact, ("",) * len(self.images))
        return np.array([number_or_nan(text) for text in texts])

    def table(
        self, name: str, title: str, columns: Sequence[str], rows: Rows, note: str = ""
    ) -> Table:
        """A table about this question, which names it and the labelers."""
        title = f"{self.question}: {title} ({self.who})"
        return Table(title, columns, rows, note, f"{self.question}-{name}")


def clear_majority(counts: Ids) -> Ids:
    """The class with the most votes, (...), of counts (..., C); -1 if tied."""
    most = counts == counts.max(axis=-1, keepdims=True)
    return np.where(most.sum(axis=-1) == 1, counts.argmax(axis=-1), -1)


def votes_by_question(labels: Sequence[Label], key: Key, truth_from: TruthFrom) -> list[Votes]:
    """The votes on each question, in the order of their first label.

    The truth is as in the paper the majority of the raw version's votes (an image whose vote is
    tied has none), or the column `truth` of the key. Whether two pictures show one person is always
    taken from the key.
    """
    by_question: dict[str, list[Label]] = {}
    for label in labels:
        by_question.setdefault(label.question, []).append(label)
    return [_votes(own, key, truth_from) for own in by_question.values()]


def _votes(labels: Sequence[Label], key: Key, truth_from: TruthFrom) -> Votes:
    labeler, (question, *_), image, version, label, seconds = zip(*labels, strict=True)
    images, labelers = sorted(set(image)), sorted(set(labeler))
    versions = sorted(set(version), key=lambda name: (name != RAW, name))  # raw comes first
    facts = _facts(question, images, key)
    both = ("no", "yes") if set(label) <= {"no", "yes"} else ()  # even if all labels are yes
    classes = sorted({*label, *facts.get("truth", ()), *both} - {""}, reverse=True)
    axes = tuple(versions), tuple(images), tuple(labelers), tuple(classes)
    places = [{name: i for i, name in enumerate(axis)} for axis in axes]
    columns = zip(places, (version, image, labeler, label), strict=True)
    *cell, number = ([place[name] for name in names] for place, names in columns)
    shape = len(versions), len(images), len(labelers)
    given, times = np.full(shape, -1), np.full(shape, np.nan)
    given[tuple(cell)], times[tuple(cell)] = number, seconds
    truth = np.full(len(images), -1)
    if question == SAME_PERSON:
        truth_from = "key"
    if truth_from == "key" and "truth" in facts:
        truth = np.array([places[3].get(name, -1) for name in facts["truth"]])
    elif truth_from == "raw" and RAW in versions:
        truth = clear_majority(_counts(given[0], len(classes)))
    _, unit = np.unique(facts.get("person", images), return_inverse=True)
    return Votes(question, *axes, given, truth, truth_from, unit, facts, times)


def _counts(labels: Ids, n_classes: int) -> Ids:
    """Votes for each class, (..., C), of labels (..., L)."""
    return np.asarray((labels[..., None] == np.arange(n_classes)).sum(axis=-2))


def _facts(question: str, images: Sequence[str], key: Key) -> dict[str, tuple[str, ...]]:
    """Facts of the images, in order; a line of the key holds for all versions of its image."""
    lines = {row["image"]: row for row in key.values() if row["question"] == question}
    names = dict.fromkeys(name for row in lines.values() for name in row)
    facts = {name: tuple(lines.get(i, {}).get(name, "") for i in images) for name in names}
    known = ("picture", "question", "image", "version")
    return {name: texts for name, texts in facts.items() if any(texts) and name not in known}
