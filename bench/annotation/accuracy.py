"""How often labelers are right."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from bench.annotation.choice import Bins
from bench.annotation.tables import NotAvailable, Percent, Table
from bench.annotation.votes import Votes
from bench.answers import Estimate
from bench.metrics.intervals import wilson

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

UNAMBIGUOUS = 1.0  # least |evidence|; section 6.5
N_WORST = 10
FEW_VALUES = 6  # a fact with more numbers than this is cut into thirds
TOLD = ("pose", "glasses", "beard", "light")  # attributes that are reported where the key has them


def share_right(right: Floats, unit: Ids) -> Estimate:
    """Share of right answers, with an interval over images and labelers at once.

    Answers about one image are alike, and so are answers of one labeler: the variance is the sum of
    both clusterings' less that of single answers, on the logit scale, with Student's t of the fewer
    clusters; never narrower than Wilson's interval.

    Args:
        right: 1, 0, or nan where there is no answer, (I, L).
        unit: images of one unit are alike, (I,).

    Raises:
        ValueError: if there is no answer.

    Source: Cameron, Gelbach, Miller, Journal of Business and Economic Statistics 29 (2011),
        238-249 (two-way clustering).
    """
    there = ~np.isnan(right)
    n = int(there.sum())
    if not n:
        raise ValueError("nobody answered")
    share = float(np.nansum(right) / n)
    apart = np.where(there, right - share, 0.0)  # (I, L)
    units, place = np.unique(unit[there.any(axis=1)], return_inverse=True)
    by_unit = np.zeros(len(units))
    np.add.at(by_unit, place, apart[there.any(axis=1)].sum(axis=1))
    by_labeler = apart[:, there.any(axis=0)].sum(axis=0)
    parts = [_variance(by_unit, n), _variance(by_labeler, n)]
    single = float((apart**2).sum() / n**2)
    variance = max(sum(parts) - single, *parts)
    clusters = min(len(by_unit), len(by_labeler))
    if clusters < 2:
        return Estimate(share, np.nan, np.nan, n, np.nan)
    inside = np.clip(share, 0.5 / n, 1 - 0.5 / n)
    error = np.sqrt(variance) / (inside * (1 - inside))
    half = special.stdtrit(clusters - 1, 0.975) * error
    low, high = special.expit(special.logit(inside) + np.array([-half, half]))
    floor = wilson(share * n, n)
    return Estimate(share, min(float(low), floor[0]), max(float(high), floor[1]), n, np.nan)


def _variance(sums: Floats, n: int) -> float:
    """Of a mean over n answers, by the sums of residuals of its clusters."""
    g = len(sums)
    return float((sums**2).sum() / n**2 * g / (g - 1)) if g > 1 else 0.0


def averages(given: Votes) -> list[Estimate | NotAvailable]:
    """Mean accuracy of single labelers, by version."""
    return list(_cells(given, np.ones(len(given.images), bool)))


def by_evidence(given: Votes, bins: Bins) -> Table:
    """Accuracy by bin of evidence, and of unambiguous images.

    Source: Shirai and Whitehill, section 6.5, figures 7 and 8.
    """
    evidence = given.number("evidence")
    place, edges = bins.places(evidence), bins.edges
    parts = [
        (f"{low:g} to {high:g}", place == i)
        for i, (low, high) in enumerate(pairwise(edges))
        if (place == i).any()
    ]
    parts += [
        (f"|evidence| >= {UNAMBIGUOUS:g}", np.abs(evidence) >= UNAMBIGUOUS),
        (f"|evidence| < {UNAMBIGUOUS:g}", np.abs(evidence) < UNAMBIGUOUS),
    ]
    return Table(
        f"{given.question}-evidence",
        f"{given.question}: accuracy by evidence ({given.who})",
        ("evidence", "images", *given.versions),
        [(name, int(mask.sum()), *_cells(given, mask)) for name, mask in parts],
        "The paper calls |evidence| >= 1 ambiguous and must mean the contrary. Images without "
        f"evidence: {int(np.isnan(evidence).sum())}.",
    )


def by_attribute(given: Votes, attributes: tuple[str, ...] = TOLD) -> Table:
    """Error by attribute: each value of a fact, or its lower, middle and upper third."""
    rows = [
        (name, part, int(mask.sum()), *_cells(given, mask, wrong=True))
        for name in attributes
        for part, mask in _groups(given, name)
    ]
    nothing = NotAvailable("the key (--key) has none of " + ", ".join(attributes))
    return Table(
        f"{given.question}-attributes",
        f"{given.question}: errors by attribute ({given.who})",
        ("attribute", "value", "images", *given.versions),
        rows or [("", "", 0, *(nothing for _ in given.versions))],
        "Share of wrong answers.",
    )


def _cells(
    given: Votes, mask: NDArray[np.bool_], *, wrong: bool = False
) -> Iterator[Estimate | NotAvailable]:
    for right in given.right:
        counted = 1 - right[mask] if wrong else right[mask]
        try:
            yield share_right(counted, given.unit[mask])
        except ValueError as error:
            yield NotAvailable(given.untold or str(error))


def _groups(given: Votes, name: str) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    texts = np.array(given.facts.get(name, ()))
    if not len(texts):
        return
    numbers = given.number(name)
    if np.isnan(numbers).all() or len(np.unique(texts)) <= FEW_VALUES:
        yield from ((str(value), texts == value) for value in np.unique(texts[texts != ""]))
        return
    cuts = np.nanquantile(numbers, (1 / 3, 2 / 3))
    place = np.where(np.isnan(numbers), -1, np.searchsorted(cuts, numbers))
    spans = (f"up to {cuts[0]:.2g}", f"{cuts[0]:.2g} to {cuts[1]:.2g}", f"above {cuts[1]:.2g}")
    yield from ((span, place == i) for i, span in enumerate(spans))


class TTest(NamedTuple):
    """Student's t of a mean difference against 0, its degrees of freedom and two-sided p."""

    difference: float
    t: float
    df: int
    p: float


def t_test(first: Floats, second: Floats) -> TTest:
    """Of the difference, per image, in the number of labelers who are right.

    Where not all answered both versions, their share times the number of labelers is compared.

    Args:
        first: 1, 0 or nan, (I, L).
        second: the other version's.

    Raises:
        ValueError: with fewer than two images, or if all differences are equal.

    Source: Shirai and Whitehill, section 5.3.
    """
    both = ~np.isnan(first).all(axis=1) & ~np.isnan(second).all(axis=1)
    if both.sum() < 2:
        raise ValueError("a t-test wants two images or more")
    apart = np.nanmean(first[both], axis=1) - np.nanmean(second[both], axis=1)
    if np.ptp(apart) < 1e-12:
        raise ValueError("all images differ equally: t is undefined")
    found = stats.ttest_1samp(apart * first.shape[1], 0)
    return TTest(float(apart.mean()), float(found.statistic), len(apart) - 1, float(found.pvalue))


def t_tests(given: Votes) -> Table:
    """A paired t-test for each two versions."""
    rows: list[tuple[str | float | int | NotAvailable, ...]] = []
    for i, first in enumerate(given.versions):
        for j, second in list(enumerate(given.versions))[i + 1 :]:
            try:
                found = t_test(given.right[i], given.right[j])
                cells = (Percent(found.difference), found.t, found.df, found.p)
                rows.append((f"{first} - {second}", *cells))
            except ValueError as error:
                rows.append((f"{first} - {second}", *[NotAvailable(str(error))] * 4))
    return Table(
        f"{given.question}-ttests",
        f"{given.question}: paired t-tests over images ({given.who})",
        ("versions", "difference", "t", "df", "p"),
        rows,
        "As in the paper; it takes images as independent and labelers as given. The mixed model "
        "does not.",
    )


def worst(given: Votes) -> Table:
    """The images of each version that fewest labelers get right.

    Source: Shirai and Whitehill, section 6.6 (figures 9 and 10).
    """
    named = [name for name in ("evidence", *TOLD) if name in given.facts]
    rows: list[tuple[str | float, ...]] = []
    for version, right in zip(given.versions, given.right, strict=True):
        asked = np.flatnonzero(~np.isnan(right).all(axis=1))
        share = np.nanmean(right[asked], axis=1)
        for place in np.argsort(share, kind="stable")[:N_WORST]:
            i = asked[place]
            told = (given.facts[name][i] for name in named)
            truth = given.classes[given.truth[i]]
            rows.append((version, given.images[i], Percent(share[place]), truth, *told))
    return Table(
        f"{given.question}-worst",
        f"{given.question}: the {N_WORST} worst images of each version ({given.who})",
        ("version", "image", "accuracy", "truth", *named),
        rows,
    )
