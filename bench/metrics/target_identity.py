"""Accuracy on releases that show another class than the true one, as their defense intends."""

from dataclasses import replace

from bench.answers import Answers, Estimate
from bench.metrics.accuracy import top1
from bench.metrics.intervals import Ids


def names_target_identity(answers: Answers, shown: Ids) -> Estimate:
    """Share of pictures whose answer is the class that the defense shows, 0..1.

    Args:
        answers: of an attacker.
        shown: that class of each picture, int64, (N,).
    """
    return top1(replace(answers, truth=shown))


def top1_if_other(answers: Answers, shown: Ids) -> Estimate:
    """Accuracy on the pictures that show another class than the true one, 0..1.

    An attacker that names the shown class is right over all pictures as often as that is the true
    one, and no more.

    Raises:
        ValueError: if no picture shows another class.
    """
    other = shown != answers.truth
    if not other.any():
        raise ValueError("expected pictures that show another class, got none")
    return top1(answers.pick(other))
