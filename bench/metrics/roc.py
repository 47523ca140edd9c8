"""ROC curves of answers about two classes and of matchers."""

import numpy as np

from bench.answers import Answers, AnyAnswers, Templates
from bench.metrics import curves
from bench.metrics.pairs import all_alike

# False match rates of the curves, denser where they are low: there matchers are used.
FMR = np.unique(np.concatenate([np.geomspace(1e-3, 1, 31), np.linspace(0, 1, 21)]))


def true_match_rates(answers: AnyAnswers) -> list[float]:
    """The true positive or match rate at each of FMR, between thresholds by straight lines.

    Raises:
        ValueError: if answers are not about two classes, or one kind of pair is missing.
    """
    if isinstance(answers, Templates):
        pairs = all_alike(answers)
    elif isinstance(answers, Answers) and answers.scores.shape[1] == 2:
        margin = answers.scores[:, 1] - answers.scores[:, 0]
        pairs = curves.histograms(margin[answers.truth == 1], margin[answers.truth == 0])
    else:
        raise ValueError("expected two classes or templates for a ROC")
    return list(map(float, curves.roc(pairs, FMR)))
