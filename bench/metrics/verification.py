"""Verification: how well a matcher decides whether two pictures show the same person.

The interval is over people, who are left out in turn with all their pairs: Student's t on the logit
scale, never narrower than Wilson's over the pairs of people, at most 10 a person; for the TMR, over
the people (bench.metrics.intervals).
"""

from collections.abc import Sequence

import numpy as np

from bench.answers import Answers, AnyAnswers, Estimate, Templates
from bench.metrics import curves
from bench.metrics.curves import Curve
from bench.metrics.intervals import CONFIDENCE, check_people, logit_ends
from bench.metrics.pairs import Comparison, all_alike

N_ERRORS = 30  # over different pairs of people; fewer support no FMR (rule of 30)
# False match rates of the curves, denser where they are low: there matchers are used.
FMR = np.unique(np.concatenate([np.geomspace(1e-3, 1, 31), np.linspace(0, 1, 21)]))


def auc(found: Comparison) -> Estimate:
    """Probability that a mated pair scores above a non-mated one; a tie counts half."""
    return _estimate(found, curves.auc, 0.5, _units(found))


def eer(found: Comparison) -> Estimate:
    """Error where FMR = FNMR, on the ROC drawn with straight lines."""
    return _estimate(found, curves.eer, 0.5, _units(found))


def tmr(found: Comparison, fmr: float) -> Estimate:
    """Share of mated pairs at or above the lowest threshold with this FMR or less on these pairs.

    Raises:
        ValueError: with fewer than 30 errors over different pairs of people: 25, 78 or 246 people
            for 10, 1 or 0.1 %.
    """
    if found.n_people_pairs * fmr < N_ERRORS:
        raise ValueError(
            f"expected {np.ceil(N_ERRORS / fmr):.0f} different pairs of people for FMR {fmr:g}, "
            f"got {found.n_people_pairs}; use a higher FMR or more people"
        )
    return _estimate(found, lambda pairs: curves.tmr(pairs, fmr), fmr, found.n_people)


def min_cllr(found: Comparison) -> Estimate:
    """Cost of log-likelihood ratios after the best monotone map, in bits; chance 1.

    Source: Bruemmer, du Preez, as in bench.metrics.curves [bruemmer2006cllr].
    """
    return _estimate(found, curves.min_cllr, 1.0, _units(found))


def linkability(found: Comparison) -> Estimate:
    """D_sys; chance is its mean if people are permuted, above 0 as a histogram is biased upward.

    Source: Gomez-Barrero et al., as in bench.metrics.curves [gomezbarrero2018linkability].

    Raises:
        ValueError: with fewer than 20 mated pairs.
    """
    n_bins = curves.n_equal_bins(found.point)
    if n_bins < 2:
        raise ValueError(
            f"expected 20 mated pairs for linkability, got {found.point.mated.sum():.0f}; "
            "add pictures"
        )
    chance = float(np.nanmean(curves.d_sys(found.permuted, n_bins)))
    return _estimate(found, lambda pairs: curves.d_sys(pairs, n_bins), chance, _units(found))


def roc(answers: AnyAnswers) -> tuple[Sequence[float], Sequence[float]]:
    """FMR, and the true positive or match rate at each, between thresholds by straight lines.

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
    return FMR.tolist(), curves.roc(pairs, FMR).tolist()


def _units(found: Comparison) -> int:
    """Pairs of people, but no more than 10 a person: mated pairs vary over people alone."""
    return min(found.n_people_pairs, 10 * found.n_people)


def _estimate(found: Comparison, curve: Curve, chance: float, n_units: int) -> Estimate:
    check_people(found.n_people)
    value, values = float(curve(found.point)[0]), curve(found.left_out)
    tiny = 0.5 / found.point.mated.sum()
    ends = logit_ends(value, values[np.isfinite(values)], tiny, n_units, CONFIDENCE)
    return Estimate(value, *ends, found.n, chance)
