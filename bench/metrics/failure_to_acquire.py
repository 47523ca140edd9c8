"""Failure to acquire (ISO 19795): releases without a face, whose answers count as wrong."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, AnyAnswers, Estimate, Numbers, Templates
from bench.metrics.intervals import Ids, estimate, weighted_mean

Bools = NDArray[np.bool_]


def with_failures(answers: AnyAnswers, image_id: Ids) -> AnyAnswers:
    """The answers with those about pictures without a face as wrong as answers can be.

    The true class gets the lowest score and all others the highest; a number becomes the end of the
    range of truths that is farther off; a template matches nobody.

    Args:
        answers: of an attacker.
        image_id: of the pictures without a face, (M,); others than those answered are ignored.
    """
    lost = np.isin(answers.image_id, image_id)
    if isinstance(answers, Templates):
        return replace(answers, not_acquired=image_id)
    if isinstance(answers, Answers) and lost.any():
        scores = answers.scores.copy()
        scores[lost] = answers.scores.max()
        scores[lost, answers.truth[lost]] = answers.scores.min() - 1
        return replace(answers, scores=scores)
    if isinstance(answers, Numbers) and lost.any():
        low, high = answers.truth.min(), answers.truth.max()
        farther = np.where(answers.truth - low > high - answers.truth, low, high)
        return replace(answers, values=np.where(lost, farther, answers.values))
    return answers


def face_found(face: Bools, person: Ids) -> Estimate:
    """Share of the pictures in which a face was found.

    Args:
        face: whether one was, of each picture, (N,).
        person: whose picture it is, (N,).

    Raises:
        ValueError: if there are no pictures.
    """
    if not len(face):
        raise ValueError("expected one picture or more, got none")
    return estimate(weighted_mean(face), person, np.nan)
