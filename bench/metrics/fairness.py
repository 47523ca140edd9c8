"""The share right in groups of people: whom a defense protects or serves less than others."""

from collections.abc import Mapping, Sequence
from itertools import combinations, permutations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, AnyAnswers, Estimate
from bench.metrics.accuracy import top1
from bench.metrics.advantage import share_right
from bench.metrics.intervals import CONFIDENCE, MIN_PEOPLE_FOR_INTERVAL, Ids
from bench.metrics.ratio_intervals import difference_ends

LABELS = ("gender", "age", "skin")  # by which numbers are given where the data have them


class Grouping(NamedTuple):
    """A label that divides people: the names of its classes, and that of each picture, (N,)."""

    classes: Sequence[str]
    group: Ids

    @property
    def present(self) -> Sequence[int]:
        """The classes that occur."""
        return [int(number) for number in np.unique(self.group) if number >= 0]


Groupings = Mapping[str, Grouping]  # by label


def groupings(labels: Mapping[str, tuple[Sequence[str], Ids]], person: Ids) -> dict[str, Grouping]:
    """The labels with two groups or more; those of few people are left out.

    A gap between the three men and the three women of a data set is one between six people.

    Args:
        labels: classes, and the class of each picture, (N,), by label.
        person: whose picture it is, (N,); under closed protocols, too.
    """
    found = {}
    for label, (classes, group) in labels.items():
        n_people = [len(np.unique(person[group == number])) for number in range(len(classes))]
        few = np.array(n_people) < MIN_PEOPLE_FOR_INTERVAL
        grouping = Grouping(classes, np.where((group >= 0) & ~few[group], group, -1))
        if len(grouping.present) > 1:
            found[label] = grouping
    return found


def group_names(groups: Groupings) -> list[str]:
    """All groups, as `gender=female`."""
    return [f"{label}={g.classes[i]}" for label, g in groups.items() for i in g.present]


def right_in_group(answers: AnyAnswers, groups: Groupings, name: str) -> Estimate:
    """The share right in one group: accuracy, or AUC of a matcher (its probes against everybody).

    Raises:
        ValueError: if the group has too few people for an interval.
    """
    label, _, wanted = name.partition("=")
    classes, group = groups[label]
    return _right(answers, group == list(classes).index(wanted), CONFIDENCE)


def largest_gap(answers: AnyAnswers, groups: Groupings, label: str) -> Estimate:
    """The largest difference of the share right between two groups; chance 0.

    The value is the largest one observed, so it is biased upwards; its interval holds for the
    largest true one (Bonferroni over the pairs of groups).

    Raises:
        ValueError: unless two groups or more have people enough for an interval.

    Source: Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10 [newcombe1998difference].
    Differs from it: with the intervals of each share in place of Wilson's; several groups.
    """
    group, present = groups[label].group, groups[label].present
    if len(present) < 2:
        raise ValueError(f"expected two groups of {label} or more, got {len(present)}")
    confidence = 1 - (1 - CONFIDENCE) / len(list(combinations(present, 2)))
    found = [_right(answers, group == one, confidence) for one in present]
    ends = [(a.value - b.value, *difference_ends(a, b, 0.0)) for a, b in permutations(found, 2)]
    value, low, high = (max(end) for end in zip(*ends, strict=True))
    return Estimate(value, low, high, sum(one.n for one in found), 0.0)


def _right(answers: AnyAnswers, inside: NDArray[np.bool_], confidence: float) -> Estimate:
    answers = answers.pick(inside)
    if isinstance(answers, Answers):
        return top1(answers, confidence=confidence)
    return share_right(answers, confidence=confidence)
