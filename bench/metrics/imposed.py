"""Answers about pictures that show another class than the true one, as their defense wants it."""

from dataclasses import replace

from bench.answers import Answers, Estimate
from bench.metrics.accuracy import top1
from bench.metrics.intervals import Ids


def names_imposed(answers: Answers, imposed: Ids) -> Estimate:
    """How often the class that a picture was made to show is named, 0..1.

    Args:
        answers: of an attacker.
        imposed: that class of each picture, int64, (N,).
    """
    return top1(replace(answers, truth=imposed))


def top1_if_other(answers: Answers, imposed: Ids) -> Estimate:
    """Accuracy where a picture was made to show another class than the true one, 0..1.

    Of attackers who name what they are shown, accuracy over all pictures says how often that
    happens to be the truth, and no more.

    Raises:
        ValueError: if no picture shows another class.
    """
    other = imposed != answers.truth
    if not other.any():
        raise ValueError("every picture shows its own class; let the defense choose another")
    return top1(
        Answers(
            answers.scores[other], answers.truth[other], answers.person[other], answers.row[other]
        )
    )
