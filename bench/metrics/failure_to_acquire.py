"""Failure to acquire (ISO 19795): releases without a face, whose answers count as wrong."""

from dataclasses import replace

import numpy as np

from bench.answers import Answers, AnyAnswers, Numbers, Templates
from bench.metrics.intervals import Ids


def with_failures(answers: AnyAnswers, image_id: Ids) -> AnyAnswers:
    """The answers with those about pictures without a face, by id, (M,), as wrong as they can be.

    The true class gets the lowest score and all others the highest; a number becomes the end of the
    range of truths that is farther off; a template matches nobody. Other ids are ignored.
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
