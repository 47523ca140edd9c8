"""What labelers say together."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.annotation.accuracy import averages
from bench.annotation.recipe import RAW
from bench.annotation.tables import Cell, NotAvailable, Percent, Table
from bench.annotation.votes import Ties, Votes
from bench.answers import Estimate
from bench.metrics.intervals import wilson

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]
Least = Literal["at-least", "over"]

LEVELS = (0.5, 0.75, 0.9)
SHOWN_N = (3, 5, 7, 10, 15, 20, 30, 45, 60)  # of the curve, in the report; all are in the CSV
SMALLEST = 3  # team
N_DRAWS = 200  # teams for each point of the curve
CONSENSUS = np.linspace(0.5, 1.0, 11)  # edges of the histogram


class Rules(NamedTuple):
    """What a text leaves open.

    Attributes:
        ties: a tied vote that the truth takes part in counts `half` (one over the number of tied
            labels), `wrong`, or is left `out`.
        level: consensus must reach a level (`at-least`) or exceed it (`over`); the paper's text
            says the first, its caption the second.
    """

    ties: Ties = "half"
    level: Least = "at-least"


def consensus(counts: Ids) -> Floats:
    """Share of the commonest label, (...); nan without votes. Counts are (..., C)."""
    n = counts.sum(axis=-1)
    return np.asarray(np.where(n > 0, counts.max(axis=-1) / np.maximum(n, 1), np.nan))


def credits(counts: Ids, truth: Ids, ties: Ties) -> Floats:
    """What each vote counts, 0..1; nan if it is left out, or there are no votes or no truth.

    Args:
        counts: votes per class, (..., I, C).
        truth: (I,), -1 if unknown.
        ties: see `Rules`.
    """
    most = counts == counts.max(axis=-1, keepdims=True)
    n_most = most.sum(axis=-1)  # (..., I)
    place = np.broadcast_to(np.maximum(truth, 0)[:, None], (*counts.shape[:-1], 1))
    won = np.take_along_axis(most, place, axis=-1)[..., 0]
    tied = {"half": won / n_most, "wrong": np.zeros(won.shape), "out": np.full(won.shape, np.nan)}
    credit = np.where(n_most > 1, tied[ties], won)
    return np.asarray(np.where((counts.sum(axis=-1) > 0) & (truth >= 0), credit, np.nan))


def reached(counts: Ids, level: float, rules: Rules) -> Mask:
    """Which images reach a level of consensus, 0..1, (I,). Counts are (I, C)."""
    with np.errstate(invalid="ignore"):
        # Shares are ratios of small integers: a billionth is less than any true difference.
        if rules.level == "at-least":
            return np.asarray(consensus(counts) >= level - 1e-9)
        return np.asarray(consensus(counts) > level + 1e-9)


def vote(counts: Ids, truth: Ids, level: float, rules: Rules) -> Estimate:
    """Accuracy of the majority among images that reach the level.

    Raises:
        ValueError: if none does.
    """
    credit = credits(counts, truth, rules.ties)[reached(counts, level, rules)]
    credit = credit[~np.isnan(credit)]
    if not len(credit):
        raise ValueError(f"no image reaches a consensus of {100 * level:g} %")
    ends = wilson(float(credit.sum()), len(credit))
    return Estimate(float(credit.mean()), *ends, len(credit), np.nan)


def table1(given: Votes, rules: Rules) -> Table:
    """Average accuracy, and that of the majority at three levels of consensus with what is left.

    Source: Shirai and Whitehill, table 1.
    Differs from it: the share of images left, and intervals.
    """
    columns = ["version", "images", "average"]
    for level in LEVELS:
        columns += [f"vote {100 * level:g}", f"left at {100 * level:g}"]
    rows = [
        (version, _n_images(given, i), average, *_votes(given, i, rules))
        for i, (version, average) in enumerate(zip(given.versions, averages(given), strict=True))
    ]
    truth = "the majority of the raw votes" if given.truth_is == "raw" else "from the key"
    unknown = f"{(given.truth < 0).sum()} of {len(given.truth)} images have none"
    return Table(
        f"{given.question}-accuracy",
        f"{given.question}: accuracy ({given.who})",
        tuple(columns),
        rows,
        f"Percent, with 95 % intervals. Truth: {truth}; {unknown}; always the same answer would be "
        f"right in {100 * given.chance:.1f} %. A tied vote counts: {rules.ties}; a consensus "
        f"counts {rules.level} its level. `left`: share of the images whose vote reaches it.",
    )


def _n_images(given: Votes, i: int) -> int:
    """Images of a version whose answers can be right or wrong."""
    return int((~np.isnan(given.right[i])).any(axis=1).sum())


def _votes(given: Votes, i: int, rules: Rules) -> Iterator[Cell]:
    """Accuracy at each level, and the share of images that are left."""
    counts = given.counts[i]
    voted = max(1, int((counts.sum(axis=1) > 0).sum()))
    itself = given.truth_is == "raw" and given.versions[i] == RAW
    reason = given.untold or ("the vote on raw images is the truth itself" if itself else "")
    for level in LEVELS:
        try:
            found = vote(counts, given.truth, level, rules)
            yield NotAvailable(reason) if reason else found
        except ValueError as error:
            yield NotAvailable(reason or str(error))
        yield Percent(reached(counts, level, rules).sum() / voted)


def by_consensus(given: Votes) -> Ids:
    """Images of each version in the bins of CONSENSUS, (V, B); a share at an edge goes up."""
    agreed = consensus(given.counts)  # (V, I)
    edges = CONSENSUS - 1e-9 * (CONSENSUS < 1)  # 33 of 60 is 0.55, and not a bit less
    return np.stack([np.histogram(row[~np.isnan(row)], edges)[0] for row in agreed])


def histogram(given: Votes) -> Table:
    """Number of images by consensus. Source: Shirai and Whitehill, figure 5."""
    bins = by_consensus(given)
    named = (f"{low:.2f} to {high:.2f}" for low, high in pairwise(CONSENSUS))
    rows: list[tuple[str | int, ...]] = [
        (name, *(int(n) for n in column)) for name, column in zip(named, bins.T, strict=True)
    ]
    voted = (given.counts.sum(axis=2) > 0).sum(axis=1)  # (V,)
    if (voted > bins.sum(axis=1)).any():  # of three classes or more
        rows.insert(0, ("below 0.50", *(int(n) for n in voted - bins.sum(axis=1))))
    return Table(
        f"{given.question}-consensus",
        f"{given.question}: images by consensus ({given.who})",
        ("consensus", *given.versions),
        rows,
    )


class Curve(NamedTuple):
    """Accuracy of the majority of n labelers: mean and the middle 90 % of teams, (V, len(n))."""

    n: Ids
    mean: Floats
    low: Floats
    high: Floats


def curve(given: Votes, rules: Rules, rng: np.random.Generator) -> Curve:
    """Accuracy of the majority of teams of 3 labelers to all of them.

    A team is drawn without replacement and votes on all images; images that none of a team has
    labelled do not count for it.

    Source: Shirai and Whitehill, section 6.4, figure 6 (they do not say how often they draw).

    Raises:
        ValueError: with fewer than three labelers, or without a truth.
    """
    n_labelers = len(given.labelers)
    if given.untold:
        raise ValueError(given.untold)
    if n_labelers < SMALLEST:
        raise ValueError(f"a team has {SMALLEST} or more, there are {n_labelers} labelers")
    order = np.argsort(rng.random((N_DRAWS, n_labelers)), axis=1).argsort(axis=1)  # ranks (B, L)
    said = (given.given[..., None] == np.arange(len(given.classes))).astype(np.float32)
    flat = said.transpose(0, 1, 3, 2).reshape(-1, n_labelers)  # (V*I*C, L)
    sizes = np.arange(SMALLEST, n_labelers + 1)
    shape = (len(given.versions), len(given.images), len(given.classes), N_DRAWS)
    found = np.empty((len(sizes), len(given.versions), N_DRAWS))
    for i, n in enumerate(sizes):
        team = (order < n).astype(np.float32)  # (B, L)
        counts = (flat @ team.T).reshape(shape).transpose(0, 3, 1, 2)  # (V, B, I, C)
        credit = credits(counts.astype(np.int64), given.truth, rules.ties)  # (V, B, I)
        there = ~np.isnan(credit)
        found[i] = np.nansum(credit, axis=2) / np.maximum(there.sum(axis=2), 1)
    low, high = np.quantile(found, (0.05, 0.95), axis=2)  # (n, V)
    return Curve(sizes, found.mean(axis=2).T, low.T, high.T)


def curve_table(given: Votes, found: Curve) -> Table:
    """The curve; a line per version and number of labelers."""
    rows: list[tuple[Cell, ...]] = [
        (version, int(n), *(Percent(part[v, i]) for part in (found.mean, found.low, found.high)))
        for v, version in enumerate(given.versions)
        for i, n in enumerate(found.n)
    ]
    own = " The raw curve ends at 100 % by definition." if given.truth_is == "raw" else ""
    return _curve_table(given, rows, f"{N_DRAWS} teams of each size.{own}")


def no_curve(given: Votes, reason: str) -> Table:
    """Why there is no curve."""
    return _curve_table(given, [("", len(given.labelers), *[NotAvailable(reason)] * 3)], "")


def _curve_table(given: Votes, rows: list[tuple[Cell, ...]], note: str) -> Table:
    return Table(
        f"{given.question}-curve",
        f"{given.question}: majority of n labelers ({given.who})",
        ("version", "n", "accuracy", "5 % of teams below", "95 % of teams below"),
        rows,
        note,
    )
