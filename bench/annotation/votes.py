"""The answers to one question as a cube: version x image x labeler."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.annotation.reading import Key, Label
from bench.annotation.recipe import RAW, SAME

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Truth = Literal["raw", "key"]
Ties = Literal["half", "wrong", "out"]
SIMULATED = "simulated-"  # begins the name of every labeler that is no person


@dataclass(frozen=True, eq=False)
class Votes:
    """What labelers said of each version of each image.

    Attributes:
        question: what was asked.
        versions, images, labelers, classes: names.
        given: int64, (V, I, L): a class's number, -1 where nobody answered.
        truth: int64, (I,): a class's number, -1 where nobody knows.
        truth_is: raw (the majority of the raw version's votes) or key.
        unit: int64, (I,): images of one unit are alike: a person's, where the key tells.
        facts: name to a text per image, from the key; empty if it has none.
        seconds: float64, (V, I, L): what an answer took; nan if unknown.
    """

    question: str
    versions: tuple[str, ...]
    images: tuple[str, ...]
    labelers: tuple[str, ...]
    classes: tuple[str, ...]
    given: Ids
    truth: Ids
    truth_is: Truth
    unit: Ids
    facts: Mapping[str, tuple[str, ...]]
    seconds: Floats

    @property
    def right(self) -> Floats:
        """1 where the answer is the truth, 0 where not, nan where one is missing, (V, I, L)."""
        known = (self.given >= 0) & (self.truth >= 0)[:, None]
        return np.where(known, self.given == self.truth[:, None], np.nan)

    @property
    def untold(self) -> str:
        """Why no image has a truth, or empty."""
        if (self.truth >= 0).any():
            return ""
        if self.truth_is == "raw":
            return f"no version {RAW!r} whose majority is the truth (--truth key takes the key's)"
        return "the key tells no truth (--key, column truth)"

    @property
    def chance(self) -> float:
        """Accuracy of whoever always gives the commonest true answer; nan without a truth."""
        known = self.truth[self.truth >= 0]
        return float(np.bincount(known).max() / len(known)) if len(known) else np.nan

    @property
    def counts(self) -> Ids:
        """Votes for each class, (V, I, C)."""
        return np.asarray((self.given[..., None] == np.arange(len(self.classes))).sum(axis=2))

    @property
    def who(self) -> str:
        """People, SIMULATED labelers, or how many of which."""
        n = sum(name.startswith(SIMULATED) for name in self.labelers)
        if n in (0, len(self.labelers)):
            return f"{len(self.labelers)} {'SIMULATED labelers' if n else 'people'}"
        return f"{len(self.labelers) - n} people and {n} SIMULATED labelers"

    def number(self, fact: str) -> Floats:
        """A fact as a number per image, (I,); nan where it is none."""
        return np.array([_number(text) for text in self.facts.get(fact, ("",) * len(self.images))])


def votes(labels: Sequence[Label], key: Key, truth: Truth) -> list[Votes]:
    """The answers by question, in the order of their first label.

    Args:
        labels: all that were given.
        key: facts of the pictures; may be empty.
        truth: `raw`: as in the paper, the majority of the raw version's votes; an image whose
            vote is tied has no truth. `key`: the column `truth` of the key. Whether two pictures
            show one person is always taken from the key.
    """
    asked = dict.fromkeys(label.question for label in labels)
    return [_votes([lb for lb in labels if lb.question == name], key, truth) for name in asked]


def _votes(labels: Sequence[Label], key: Key, truth: Truth) -> Votes:
    question = labels[0].question
    versions, images, labelers, classes = (
        sorted({getattr(label, name) for label in labels})
        for name in ("version", "image", "labeler", "label")
    )
    versions.sort(key=lambda name: name != RAW)  # raw comes first
    facts = _facts(question, images, key)
    classes = sorted({*classes, *facts.get("truth", ()), *_opposite(classes)} - {""}, reverse=True)
    places = [{name: i for i, name in enumerate(n)} for n in (versions, images, labelers, classes)]
    shape = (len(versions), len(images), len(labelers))
    given, seconds = np.full(shape, -1), np.full(shape, np.nan)
    for one in labels:
        names = (one.version, one.image, one.labeler, one.label)
        *cell, said = (place[name] for place, name in zip(places, names, strict=True))
        given[tuple(cell)], seconds[tuple(cell)] = said, one.seconds
    truth_is: Truth = "key" if question == SAME else truth
    told = facts.get("truth", ("",) * len(images))
    known = (
        np.array([places[3].get(name, -1) for name in told])
        if truth_is == "key"
        else _majority(given, versions, len(classes))
    )
    _, unit = np.unique(facts.get("person", images), return_inverse=True)
    named = (tuple(versions), tuple(images), tuple(labelers), tuple(classes))
    return Votes(question, *named, given, known, truth_is, unit, facts, seconds)


def _facts(question: str, images: Sequence[str], key: Key) -> dict[str, tuple[str, ...]]:
    """Facts of the images, in order; a line of the key holds for all versions of its image."""
    lines = {row["image"]: row for row in key.values() if row["question"] == question}
    names = dict.fromkeys(name for row in lines.values() for name in row)
    own = ("picture", "question", "image", "version")
    told = {
        name: tuple(lines.get(image, {}).get(name, "") for image in images)
        for name in names
        if name not in own
    }
    return {name: values for name, values in told.items() if any(values)}


def _opposite(classes: Sequence[str]) -> tuple[str, ...]:
    """Both of yes and no, if either was said: all may have said yes."""
    return ("no", "yes") if set(classes) <= {"no", "yes"} else ()


def _majority(given: Ids, versions: Sequence[str], n_classes: int) -> Ids:
    """The commonest label of the raw version, (I,); -1 if tied or nobody answered."""
    if RAW not in versions:
        return np.full(given.shape[1], -1)
    counts = (given[versions.index(RAW)][..., None] == np.arange(n_classes)).sum(axis=1)  # (I, C)
    most = counts.max(axis=1)
    clear = (counts == most[:, None]).sum(axis=1) == 1
    return np.where(clear, counts.argmax(axis=1), -1)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
