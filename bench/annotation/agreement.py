"""Agreement of labelers, and which of them are careless."""

from collections.abc import Iterable

import numpy as np
from scipy import stats

from bench.annotation.votes import Votes, clear_majority
from bench.metrics.intervals import Floats, Ids, Statistic, estimate
from bench.tables import Cell, NotAvailable, Number, Table

# A labeler is careless who
P_CHANCE = 0.05  # agrees with the others at chance (a test at this level does not reject it)
MIN_LABELS = 30  # on at least so many labels;
SAME_SHARE = 0.95  # or gives one answer more often than this, while the others do not;
FAST_S = 0.5  # or answers half of the pictures faster than this


def krippendorff(counts: Ids) -> Statistic:
    """Krippendorff's alpha for nominal data: 1 is perfect agreement, 0 that of chance.

    Counts are labels by class, (I, C). Images with fewer than two labels do not count, others as
    often as their weight; alpha is nan where no image counts, or all labels are the same.

    Source: Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011.
    """
    n = counts.sum(axis=1)
    paired = counts[n > 1].astype(np.float64)
    within = (paired * (paired - 1)).sum(axis=1) / (n[n > 1] - 1)  # pairs that agree, (I,)

    def alpha(weights: Floats) -> Floats:
        totals = weights[:, n > 1] @ paired  # (B, C)
        n_labels, agreed = totals.sum(axis=1), weights[:, n > 1] @ within
        expected = n_labels**2 - (totals**2).sum(axis=1)  # pairs that disagree, times n_labels - 1
        share = (n_labels - 1) * (n_labels - agreed) / np.where(expected > 0, expected, np.nan)
        return np.asarray(1 - share)

    return alpha


def alphas(votes: Votes) -> Table:
    """Krippendorff's alpha by version, with a jackknife interval over units."""
    rows: list[tuple[Cell, ...]] = []
    for version, counts in zip(votes.versions, votes.counts, strict=True):
        n_classes = (counts[counts.sum(axis=1) > 1] > 0).any(axis=0).sum()
        try:
            if n_classes < 2:
                raise ValueError(
                    "all labels are the same" if n_classes else "no image has two labels"
                )
            found = estimate(krippendorff(counts), votes.unit, np.nan, share=False)
            rows.append((version, *found[:3]))
        except ValueError as error:
            rows.append((version, *[NotAvailable(str(error))] * 3))
    note = "1: all labelers agree; 0: they agree as often as by chance."
    columns = ("version", "alpha", "low", "high")
    return votes.table("agreement", "Krippendorff's alpha", columns, rows, note)


def labeler_table(votes: Votes) -> Table:
    """Each labeler, with the reasons to call some careless."""
    rows = [_labeler(votes, j) for j in range(len(votes.labelers))]
    title = f"labelers, {sum(bool(row[-1]) for row in rows)} of them careless"
    columns = ("labels", "accuracy", "agrees with majority", "one answer", "median s", "careless")
    note = (
        "Shares in percent. Careless: agrees with the majority of the others at chance (p > "
        f"{P_CHANCE:g}, of {MIN_LABELS} labels or more), gives one answer in over "
        f"{100 * SAME_SHARE:g} % while the others do not, or has a median under {FAST_S:g} s."
    )
    return votes.table("labelers", title, ("labeler", *columns), rows, note)


def careless(questions: Iterable[Votes]) -> list[str]:
    """The labelers who are careless about one of the questions."""
    rows = (row for votes in questions for row in labeler_table(votes).rows)
    return sorted({str(row[0]) for row in rows if row[-1]})


def _labeler(votes: Votes, j: int) -> tuple[Cell, ...]:
    """The row of a labeler; the last cell has the reasons to call it careless."""
    own = votes.labels[:, :, j]  # (V, I)
    there = own >= 0
    others = votes.counts - (own[..., None] == np.arange(len(votes.classes)))  # (V, I, C)
    majority = clear_majority(others)  # (V, I)
    compared = there & (majority >= 0)
    n_compared, n_agree = int(compared.sum()), int((own == majority)[compared].sum())
    same = float(np.bincount(own[there]).max() / there.sum())
    totals = others.sum(axis=(0, 1))  # (C,)
    seconds, correct = votes.seconds[:, :, j], votes.correct[:, :, j]
    median = float(np.nanmedian(seconds)) if (~np.isnan(seconds)).any() else np.nan
    accuracy = float(np.nanmean(correct)) if (~np.isnan(correct)).any() else np.nan
    at_chance = stats.binom.sf(n_agree - 1, n_compared, 0.5) > P_CHANCE
    reasons = {
        "at chance": n_compared >= MIN_LABELS and at_chance,
        "one answer": same > SAME_SHARE >= totals.max() / max(1, totals.sum()),
        "too fast": median < FAST_S,
    }
    careless = ", ".join(reason for reason, holds in reasons.items() if holds)
    shares = map(Number, (accuracy, n_agree / max(1, n_compared), same))
    return (votes.labelers[j], int(there.sum()), *shares, median, careless)
