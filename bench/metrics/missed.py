"""Pictures that show no face: how many do, and answers about the others, which count as wrong."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, Estimate, Numbers, Said
from bench.metrics.intervals import Floats, Ids, estimate

Bools = NDArray[np.bool_]


def missed(said: Said, rows: Ids) -> Said:
    """The answers with those about some pictures as wrong as answers can be.

    A class that is true gets the lowest score of all and the others the highest; a number becomes
    the end of the truths' range that is farther off; a template matches nobody.

    Args:
        said: answers.
        rows: ids of the pictures, (M,); those that were not asked about are passed over.
    """
    lost = np.isin(said.row, rows)
    if isinstance(said, Answers) and lost.any():
        scores = said.scores.copy()
        scores[lost] = said.scores.max()
        scores[lost, said.truth[lost]] = said.scores.min() - 1
        return replace(said, scores=scores)
    if isinstance(said, Numbers) and lost.any():
        low, high = said.truth.min(), said.truth.max()
        farther = np.where(said.truth - low > high - said.truth, low, high)
        return replace(said, values=np.where(lost, farther, said.values))
    return said if isinstance(said, Answers | Numbers) else replace(said, missed=rows)


def face_found(face: Bools, person: Ids) -> Estimate:
    """Share of the pictures in which a face was found.

    Args:
        face: whether one was, of each picture, (N,).
        person: whose picture it is, (N,).

    Raises:
        ValueError: if there are no pictures.
    """
    if not len(face):
        raise ValueError("the share of faces found wants a picture or more, got none")

    def statistic(weights: Floats) -> Floats:
        return np.asarray(weights @ face / weights.sum(axis=1))

    return estimate(statistic, person, np.nan)
