"""How far labelers agree, and which of them take no care."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bench.annotation.tables import NotAvailable, Percent, Table
from bench.annotation.votes import Votes
from bench.metrics.intervals import estimate

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

# A labeler takes no care who
RISK = 0.05  # agrees with the others as a coin would, so that this test does not refute a coin
FEWEST = 30  # of at least so many labels
ALIKE = 0.95  # or gives one answer more often than this where the others do not
HURRY_S = 0.5  # or answers half of the pictures faster than this


def krippendorff(counts: Ids, weights: Floats | None = None) -> float:
    """Krippendorff's alpha for names: 1 is perfect agreement, 0 what chance would give.

    Args:
        counts: labels of each class that a unit (an image) was given, (I, C); units with fewer than
            two labels have nothing to agree on and do not count.
        weights: how often each unit counts, (I,); once if None.

    Raises:
        ValueError: if no unit has two labels, or all labels are the same: alpha is undefined.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011.
    """
    weights = np.ones(len(counts)) if weights is None else weights
    n = counts.sum(axis=1)
    paired = counts[n > 1].astype(np.float64) * weights[n > 1, None]
    if not paired.any():
        raise ValueError("no image has two labels")
    once = counts[n > 1].astype(np.float64)
    within = ((paired * (once - 1)).sum(axis=1) / (n[n > 1] - 1)).sum()  # pairs that agree
    totals = paired.sum(axis=0)  # (C,)
    n_labels = totals.sum()
    expected = n_labels**2 - (totals**2).sum()  # pairs that disagree, times n_labels - 1
    if expected == 0:
        raise ValueError("all labels are the same")
    return float(1 - (n_labels - 1) * (n_labels - within) / expected)


def alphas(given: Votes) -> Table:
    """Krippendorff's alpha by version, with a jackknife interval over units."""
    rows: list[tuple[str | float | NotAvailable, ...]] = []
    for version, counts in zip(given.versions, given.counts, strict=True):

        def statistic(weights: Floats, counts: Ids = counts) -> Floats:
            return np.array([_krippendorff_of_rest(counts, row) for row in weights])

        try:
            krippendorff(counts)
            found = estimate(statistic, given.unit, np.nan, share=False)
            rows.append((version, found.value, found.low, found.high))
        except ValueError as error:
            rows.append((version, *[NotAvailable(str(error))] * 3))
    return Table(
        f"{given.question}-agreement",
        f"{given.question}: Krippendorff's alpha ({given.who})",
        ("version", "alpha", "low", "high"),
        rows,
        "1: all labelers agree; 0: as if labels had been dealt at random.",
    )


def _krippendorff_of_rest(counts: Ids, weights: Floats) -> float:
    """Alpha, or nan where too little is left."""
    try:
        return krippendorff(counts, weights)
    except ValueError:
        return np.nan


def labelers(given: Votes) -> Table:
    """Each labeler, and what speaks against the care of some."""
    rows = []
    for j, name in enumerate(given.labelers):
        mine = given.given[:, :, j]  # (V, I)
        there = mine >= 0
        others = given.counts - (mine[..., None] == np.arange(len(given.classes)))  # (V, I, C)
        agrees, n_compared = _agreement(mine, others)
        share_same = float(np.bincount(mine[there]).max() / there.sum())
        right = given.right[:, :, j]
        accuracy = float(np.nanmean(right)) if (~np.isnan(right)).any() else np.nan
        times = given.seconds[:, :, j][there]
        pace = float(np.nanmedian(times)) if (~np.isnan(times)).any() else np.nan
        told = _against(agrees, n_compared, share_same, _share_same(others), pace)
        shown = (Percent(accuracy), Percent(agrees / max(1, n_compared)), Percent(share_same))
        rows.append((name, int(there.sum()), *shown, pace, told))
    careless = sum(bool(row[-1]) for row in rows)
    return Table(
        f"{given.question}-labelers",
        f"{given.question}: labelers ({given.who}), {careless} of them careless",
        (
            "labeler",
            "labels",
            "accuracy",
            "agrees with majority",
            "one answer",
            "median s",
            "careless",
        ),
        rows,
        f"Careless: agrees with the majority of the others as a coin might (p > {RISK:g}, of "
        f"{FEWEST} labels or more), gives one answer in over {100 * ALIKE:g} % where the others do "
        f"not, or a median under {HURRY_S:g} s.",
    )


def _agreement(mine: Ids, others: Ids) -> tuple[int, int]:
    """How often a labeler agrees with the clear majority of the others, and of how many."""
    most = others.max(axis=-1)
    clear = (mine >= 0) & ((others == most[..., None]).sum(axis=-1) == 1)
    return int((mine == others.argmax(axis=-1))[clear].sum()), int(clear.sum())


def _share_same(others: Ids) -> float:
    """The largest share of one class among the labels of the others."""
    totals = others.sum(axis=(0, 1))
    return float(totals.max() / max(1, totals.sum()))


def _against(agrees: int, n: int, same: float, others_same: float, pace: float) -> str:
    reasons = {
        "as a coin": n >= FEWEST and stats.binom.sf(agrees - 1, n, 0.5) > RISK,
        "one answer": same > ALIKE >= others_same,
        "in a hurry": pace < HURRY_S,
    }
    return ", ".join(reason for reason, holds in reasons.items() if holds)
