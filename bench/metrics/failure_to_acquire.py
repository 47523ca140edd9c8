"""Failure to acquire (ISO 19795): releases without a face, whose answers count as not right."""

from dataclasses import replace

import numpy as np

from bench.answers import Answers, AnyAnswers, Numbers, Templates
from bench.metrics.intervals import Ids


def with_failures(answers: AnyAnswers, image_id: Ids) -> AnyAnswers:
    """The answers without any about pictures without a face, by id, (M,); other ids are ignored.

    Such an answer is not right, its scores are equal for all classes (so it neither wins nor loses
    in an AUC), and a template matches nobody. A number becomes the end of the range of truths that
    is farther off.
    """
    lost = np.isin(answers.image_id, image_id)
    if isinstance(answers, Templates):
        return replace(answers, not_acquired=image_id)
    if isinstance(answers, Answers) and lost.any():
        scores = np.where(lost[:, None], np.float32(0), answers.scores)
        return replace(answers, scores=scores, not_acquired=image_id)
    if isinstance(answers, Numbers) and lost.any():
        low, high = answers.truth.min(), answers.truth.max()
        farther = np.where(answers.truth - low > high - answers.truth, low, high)
        return replace(answers, values=np.where(lost, farther, answers.values))
    return answers
