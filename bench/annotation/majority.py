"""Accuracy of the majority vote, by consensus and by number of labelers."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from bench.annotation.accuracy import accuracies
from bench.annotation.votes import RAW, Mask, Votes
from bench.metrics.intervals import Floats, Ids, wilson
from bench.reports.paper_tables import published, question_in_paper, version_in_paper
from bench.tables import Cell, NotAvailable, Number, Table

Ties = Literal["half", "wrong", "out"]

LEVELS = (0.5, 0.75, 0.9)
SHOWN_N = (3, 5, 7, 10, 15, 20, 30, 45, 60)  # of the curve, in the report; the CSV has all
MIN_TEAM = 3
N_DRAWS = 200  # teams for each point of the curve
CONSENSUS = np.linspace(0.5, 1.0, 11)  # edges of the histogram


class VoteRules(NamedTuple):
    """Choices that the paper leaves open."""

    # A tied vote that includes the truth counts `half` (one over the number of tied labels) or
    # `wrong`, or is left `out`.
    ties: Ties = "half"
    # Consensus must reach a level (`at-least`, as in the paper's text) or exceed it (`over`, as in
    # its caption).
    level: Literal["at-least", "over"] = "at-least"


def consensus(counts: Ids) -> Floats:
    """Share of the commonest label, (...), of counts (..., C); nan without votes."""
    n = counts.sum(axis=-1)
    return np.asarray(np.where(n > 0, counts.max(axis=-1) / np.maximum(n, 1), np.nan))


def credits(counts: Ids, truth: Ids, ties: Ties) -> Floats:
    """Credit of each vote, (..., I), 0..1; nan if it is left out, or without votes or a truth.

    Counts per class are (..., I, C); truths are (I,), -1 if unknown.
    """
    most = counts == counts.max(axis=-1, keepdims=True)
    n_most = most.sum(axis=-1)  # (..., I)
    place = np.broadcast_to(np.maximum(truth, 0)[:, None], (*counts.shape[:-1], 1))
    won = np.take_along_axis(most, place, axis=-1)[..., 0]
    tied = {"half": won / n_most, "wrong": np.zeros(won.shape), "out": np.full(won.shape, np.nan)}
    credit = np.where(n_most > 1, tied[ties], won)
    return np.asarray(np.where((counts.sum(axis=-1) > 0) & (truth >= 0), credit, np.nan))


def reaches(counts: Ids, level: float, rules: VoteRules) -> Mask:
    """Which images reach a level of consensus, 0..1, (I,). Counts are (I, C)."""
    # Shares are ratios of small integers: 1e-9 is less than any true difference.
    slack = -1e-9 if rules.level == "at-least" else 1e-9
    return np.asarray(consensus(counts) > level + slack)


def majority_accuracy(
    counts: Ids, truth: Ids, level: float, rules: VoteRules
) -> Number | NotAvailable:
    """Accuracy of the majority among images that reach the level, with Wilson's interval."""
    credit = credits(counts, truth, rules.ties)[reaches(counts, level, rules)]
    credit = credit[~np.isnan(credit)]
    if not len(credit):
        return NotAvailable(f"no image reaches a consensus of {100 * level:g} %")
    return Number(float(credit.mean()), *wilson(float(credit.sum()), len(credit)))


def accuracy_table(votes: Votes, rules: VoteRules) -> Table:
    """Average accuracy, and that of the majority at three levels of consensus.

    Source: Shirai and Whitehill, table 1.
    Differs from it: the share of images left, and intervals.
    """
    n_images = (~np.isnan(votes.correct)).any(axis=2).sum(axis=1)  # (V,)
    rows = [
        (version, int(n_images[i]), average, *_votes_at_levels(votes, i, rules))
        for i, (version, average) in enumerate(zip(votes.versions, accuracies(votes), strict=True))
    ]
    truth = "the majority of the raw votes" if votes.truth_from == "raw" else "from the key"
    known = votes.truth[votes.truth >= 0]
    chance = np.bincount(known).max() / len(known) if len(known) else np.nan
    unknown = f"{len(votes.truth) - len(known)} of {len(votes.truth)} images have none"
    note = (
        f"Percent, with 95 % intervals. Truth: {truth}; {unknown}; always giving the commonest "
        f"answer is right in {100 * chance:.1f} %. A tied vote counts: {rules.ties}; "
        f"consensus: {rules.level} the level. `left`: share of the images that reach it."
    )
    at_levels = [f"{what} {100 * level:g}" for level in LEVELS for what in ("vote", "left at")]
    columns = ("version", "images", "average", *at_levels)
    return votes.table("accuracy", "accuracy", columns, rows, note)


def _votes_at_levels(votes: Votes, i: int, rules: VoteRules) -> Iterator[Cell]:
    """Accuracy at each level, and the share of images that are left."""
    counts = votes.counts[i]
    n_voted = max(1, int((counts.sum(axis=1) > 0).sum()))
    itself = votes.truth_from == "raw" and votes.versions[i] == RAW
    reason = votes.no_truth_reason or ("the vote on raw images is the truth" if itself else "")
    for level in LEVELS:
        found = majority_accuracy(counts, votes.truth, level, rules)
        yield NotAvailable(reason) if reason else found
        yield Number(float(reaches(counts, level, rules).sum() / n_voted))


def by_consensus(votes: Votes) -> Ids:
    """Images of each version in the bins of CONSENSUS, (V, B); a share at an edge goes up."""
    agreed = consensus(votes.counts)  # (V, I)
    edges = CONSENSUS - 1e-9 * (CONSENSUS < 1)  # 33 of 60 is not less than 0.55
    return np.stack([np.histogram(row[~np.isnan(row)], edges)[0] for row in agreed])


def histogram(votes: Votes) -> Table:
    """Number of images by consensus. Source: Shirai and Whitehill, figure 5."""
    bins = by_consensus(votes)
    rows: list[tuple[Cell, ...]] = [
        (f"{low:.2f} to {high:.2f}", *column.tolist())
        for (low, high), column in zip(pairwise(CONSENSUS), bins.T, strict=True)
    ]
    below = (votes.counts.sum(axis=2) > 0).sum(axis=1) - bins.sum(axis=1)  # (V,)
    if below.any():  # of three classes or more
        rows.insert(0, ("below 0.50", *below.tolist()))
    return votes.table("consensus", "images by consensus", ("consensus", *votes.versions), rows)


def curve(votes: Votes, rules: VoteRules, rng: np.random.Generator) -> Floats:
    """Accuracy of the majority of teams of 3 labelers to all of them, (3, V, sizes of teams).

    The three are the mean and the ends of the middle 90 % of teams. A team is drawn without
    replacement and votes on all images; images that nobody in a team has labelled do not count.

    Raises:
        ValueError: without a truth, or with fewer than 3 labelers.

    Source: Shirai and Whitehill, section 6.4, figure 6 (the number of draws is not given).
    """
    n_labelers = len(votes.labelers)
    if votes.no_truth_reason:
        raise ValueError(votes.no_truth_reason)
    if n_labelers < MIN_TEAM:
        raise ValueError(f"expected {MIN_TEAM} labelers or more for a team, got {n_labelers}")
    order = np.argsort(rng.random((N_DRAWS, n_labelers)), axis=1).argsort(axis=1)  # ranks (B, L)
    one_hot = (votes.labels[..., None] == np.arange(len(votes.classes))).astype(np.float32)
    flat = one_hot.transpose(0, 1, 3, 2).reshape(-1, n_labelers)  # (V*I*C, L)
    shape = (len(votes.versions), len(votes.images), len(votes.classes), N_DRAWS)
    found = []
    for n in range(MIN_TEAM, n_labelers + 1):
        team = (order < n).astype(np.float32)  # (B, L)
        counts = (flat @ team.T).reshape(shape).transpose(0, 3, 1, 2)  # (V, B, I, C)
        credit = credits(counts.astype(np.int64), votes.truth, rules.ties)  # (V, B, I)
        n_images = (~np.isnan(credit)).sum(axis=2)
        shares = np.nansum(credit, axis=2) / np.maximum(n_images, 1)  # (V, B)
        found.append([shares.mean(axis=1), *np.quantile(shares, (0.05, 0.95), axis=1)])
    return np.moveaxis(np.array(found), 0, 2)


def curve_table(votes: Votes, found: Floats | NotAvailable) -> Table:
    """The curve, with a line per version and number of labelers; or why there is none."""
    columns = ("version", "n", "accuracy", "5 % of teams below", "95 % of teams below")
    rows: list[tuple[Cell, ...]]
    if isinstance(found, NotAvailable):
        rows, note = [("", len(votes.labelers), found, found, found)], ""
    else:
        rows = [
            (version, MIN_TEAM + i, *(Number(float(value)) for value in found[:, v, i]))
            for v, version in enumerate(votes.versions)
            for i in range(found.shape[2])
        ]
        own = " The raw curve ends at 100 % by definition." if votes.truth_from == "raw" else ""
        note = f"Percent, of {N_DRAWS} teams of each size.{own}{_published_gain(votes)}"
    return votes.table("curve", "majority of n labelers", columns, rows, note)


def _published_gain(votes: Votes) -> str:
    """What the paper's surrogates gain, if this question was asked about such."""
    theirs = published("annotation-majority").get((question_in_paper(votes.question), "surrogates"))
    if not (theirs and {"GAN", "Extreme3D"} & {*map(version_in_paper, votes.versions)}):
        return ""
    return (
        f" Published: surrogates gain {100 * theirs['gain from']:.0f} to "
        f"{100 * theirs['gain to']:.0f} points by about {theirs['labelers from']:.0f} to "
        f"{theirs['labelers to']:.0f} labelers, and hardly more by larger teams."
    )
