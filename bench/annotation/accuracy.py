"""Accuracy of labelers, with intervals and tests, and the images that most of them get wrong."""

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
from scipy import special, stats

from bench.annotation.choice import Bins
from bench.annotation.votes import Mask, Votes
from bench.answers import Estimate
from bench.metrics.intervals import Floats, Ids, widened, wilson
from bench.tables import Cell, NotAvailable, Number, Table

UNAMBIGUOUS = 1.0  # least |evidence|; section 6.5
N_WORST = 10
FEW_VALUES = 6  # a fact with more numbers than this is cut into thirds
ATTRIBUTES = ("pose", "glasses", "beard", "light")  # reported if the key has them


def share_correct(correct: Floats, unit: Ids) -> Estimate:
    """Share of correct labels, with an interval over images and labelers at once.

    Labels of one image are alike, and so are labels of one labeler: the variance is the sum of
    both clusterings' minus that of single labels, on the logit scale, with Student's t of the fewer
    clusters. The interval is never narrower than Wilson's. Labels are 1, 0 or nan, (I, L); images
    of one unit, (I,), are alike.

    Raises:
        ValueError: without labels.

    Source: Cameron, Gelbach, Miller, Journal of Business and Economic Statistics 29 (2011),
        238-249 (two-way clustering).
    """
    there = ~np.isnan(correct)
    n = int(there.sum())
    if not n:
        raise ValueError("expected one label or more, got none")
    share = float(np.nansum(correct) / n)
    residual = np.where(there, correct - share, 0.0)  # (I, L)
    labelled = there.any(axis=1)
    _, place = np.unique(unit[labelled], return_inverse=True)
    by_unit = np.bincount(place, residual[labelled].sum(axis=1))
    by_labeler = residual[:, there.any(axis=0)].sum(axis=0)
    n_clusters = min(len(by_unit), len(by_labeler))
    if n_clusters < 2:
        return Estimate(share, np.nan, np.nan, n, np.nan)
    parts = [(x**2).sum() / n**2 * len(x) / (len(x) - 1) for x in (by_unit, by_labeler)]
    variance = max(sum(parts) - (residual**2).sum() / n**2, *parts)
    inside = np.clip(share, 0.5 / n, 1 - 0.5 / n)
    error = np.sqrt(variance) / (inside * (1 - inside))
    half = special.stdtrit(n_clusters - 1, 0.975) * error
    low, high = special.expit(special.logit(inside) + np.array([-half, half]))
    return widened(Estimate(share, float(low), float(high), n, np.nan), wilson(share * n, n))


def accuracies(
    votes: Votes, chosen: Mask | slice = slice(None), *, wrong: bool = False
) -> Iterator[Number | NotAvailable]:
    """Mean accuracy (or error) of single labelers on the chosen images, for each version."""
    for correct in votes.correct:
        counted = 1 - correct[chosen] if wrong else correct[chosen]
        try:
            yield Number(*share_correct(counted, votes.unit[chosen])[:3])
        except ValueError as error:
            yield NotAvailable(votes.no_truth_reason or str(error))


def by_evidence(votes: Votes, bins: Bins) -> Table:
    """Accuracy by bin of evidence. Source: Shirai and Whitehill, section 6.5, figures 7 and 8."""
    evidence = votes.number("evidence")
    place = bins.places(evidence)
    parts = [
        (f"{low:g} to {high:g}", place == i)
        for i, (low, high) in enumerate(pairwise(bins.edges))
        if (place == i).any()
    ]
    parts += [
        (f"|evidence| >= {UNAMBIGUOUS:g}", np.abs(evidence) >= UNAMBIGUOUS),
        (f"|evidence| < {UNAMBIGUOUS:g}", np.abs(evidence) < UNAMBIGUOUS),
    ]
    rows = [(name, int(mask.sum()), *accuracies(votes, mask)) for name, mask in parts]
    note = (
        "Percent. The paper calls |evidence| >= 1 ambiguous, but must mean the opposite. Images "
        f"without evidence: {int(np.isnan(evidence).sum())}."
    )
    columns = ("evidence", "images", *votes.versions)
    return votes.table("evidence", "accuracy by evidence", columns, rows, note)


def by_attribute(votes: Votes, attributes: tuple[str, ...] = ATTRIBUTES) -> Table:
    """Error by attribute: for each value of a fact, or its lower, middle and upper third."""
    rows = [
        (name, part, int(mask.sum()), *accuracies(votes, mask, wrong=True))
        for name in attributes
        for part, mask in _groups(votes, name)
    ]
    if not rows:
        reason = f"expected one of {', '.join(attributes)} in the key (--key), found none"
        rows = [("", "", 0, *[NotAvailable(reason)] * len(votes.versions))]
    columns = ("attribute", "value", "images", *votes.versions)
    return votes.table(
        "attributes", "errors by attribute", columns, rows, "Percent of wrong labels."
    )


def _groups(votes: Votes, name: str) -> Iterator[tuple[str, Mask]]:
    texts = np.array(votes.facts.get(name, ()))
    if not len(texts):
        return
    numbers = votes.number(name)
    if np.isnan(numbers).all() or len(np.unique(texts)) <= FEW_VALUES:
        yield from ((str(value), texts == value) for value in np.unique(texts[texts != ""]))
        return
    cuts = np.nanquantile(numbers, (1 / 3, 2 / 3))
    place = np.where(np.isnan(numbers), -1, np.searchsorted(cuts, numbers))
    spans = (f"up to {cuts[0]:.2g}", f"{cuts[0]:.2g} to {cuts[1]:.2g}", f"above {cuts[1]:.2g}")
    yield from ((span, place == i) for i, span in enumerate(spans))


def t_test(first: Floats, second: Floats) -> tuple[Number, float, int, float]:
    """Paired test of the number of labelers who are right about each image: difference, t, df, p.

    Both versions are 1, 0 or nan, (I, L). If not all labelled both, their share times the number of
    labelers is compared.

    Raises:
        ValueError: with fewer than two images, or if all differences are equal.

    Source: Shirai and Whitehill, section 5.3.
    """
    both = ~(np.isnan(first).all(axis=1) | np.isnan(second).all(axis=1))
    if both.sum() < 2:
        raise ValueError("a t-test needs two images or more")
    difference = np.nanmean(first[both], axis=1) - np.nanmean(second[both], axis=1)
    if np.ptp(difference) < 1e-12:
        raise ValueError("all differences are equal, so t is undefined")
    found = stats.ttest_1samp(difference * first.shape[1], 0)
    t, p = float(found.statistic), float(found.pvalue)
    return Number(float(difference.mean())), t, len(difference) - 1, p


def t_tests(votes: Votes) -> Table:
    """A paired t-test for each two versions."""
    rows: list[tuple[Cell, ...]] = []
    named = zip(votes.versions, votes.correct, strict=True)
    for (first, correct), (second, other) in combinations(named, 2):
        try:
            rows.append((f"{first} - {second}", *t_test(correct, other)))
        except ValueError as error:
            rows.append((f"{first} - {second}", *[NotAvailable(str(error))] * 4))
    note = (
        "Differences in percentage points. As in the paper, images are taken as independent and "
        "labelers as fixed; the mixed model does neither."
    )
    columns = ("versions", "difference", "t", "df", "p")
    return votes.table("ttests", "paired t-tests over images", columns, rows, note)


def worst_images(correct: Floats) -> tuple[Ids, Floats]:
    """The images, (n,), that fewest labelers get right, and their share, worst first."""
    labelled = np.flatnonzero(~np.isnan(correct).all(axis=1))
    share = np.nanmean(correct[labelled], axis=1)
    first = np.argsort(share, kind="stable")[:N_WORST]
    return labelled[first], share[first]


def worst(votes: Votes) -> Table:
    """Images that fewest labelers get right. Source: Shirai and Whitehill, section 6.6."""
    named = [name for name in ("evidence", *ATTRIBUTES) if name in votes.facts]
    rows: list[tuple[Cell, ...]] = []
    for version, correct in zip(votes.versions, votes.correct, strict=True):
        for i, share in zip(*worst_images(correct), strict=True):
            facts = (votes.classes[votes.truth[i]], *(votes.facts[name][i] for name in named))
            rows.append((version, votes.images[i], Number(float(share)), *facts))
    title, columns = f"the {N_WORST} worst images of each version", ("version", "image", "accuracy")
    return votes.table("worst", title, (*columns, "truth", *named), rows, "Accuracy in percent.")
