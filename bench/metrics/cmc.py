"""Cumulative match characteristic: how often a probe's person is among the k likeliest."""

from collections.abc import Sequence

import numpy as np

from bench.answers import Answers, AnyAnswers, Templates
from bench.metrics.accuracy import among_highest
from bench.metrics.identification import search

_N_RANKS = 50  # at most


def cmc(answers: AnyAnswers) -> tuple[Sequence[int], Sequence[float]]:
    """Ranks, 1 to the number of people, and the share of probes identified at each.

    Of templates, the probes of people enrolled among all who are; of a classifier's answers, all
    among its classes. Ties are broken at random; chance is rank / people.

    Raises:
        ValueError: for numbers, or without a probe of somebody enrolled.
    """
    if isinstance(answers, Templates):
        found = search(answers)
        ranks, (better, tied) = _ranks(found.n_enrolled), (found.better, found.tied)
        hits = [np.clip((k - better) / (tied + 1), 0, 1)[found.enrolled] for k in ranks]
    elif isinstance(answers, Answers):
        ranks = _ranks(answers.scores.shape[1])
        hits = [among_highest(answers, k) for k in ranks]
    else:
        raise ValueError("expected a classifier's answers or templates for a CMC, got numbers")
    return ranks, [float(hit.mean()) for hit in hits]


def _ranks(n: int) -> list[int]:
    """All ranks, or of many those that are denser where they are low."""
    return sorted({round(rank) for rank in np.geomspace(1, n, _N_RANKS).tolist()})
