"""Findings of an audit, and the rules for their verdicts."""

from typing import Literal, NamedTuple

import numpy as np

from bench.answers import Estimate

Verdict = Literal["ok", "leaks", "short", "n/a"]

# A shortcut leaks where the low end of its interval is above
TIMES_CHANCE = 3.0  # this many times chance (identity; of few people: whichever is lower)
ABOVE_CHANCE = 0.2  # or this share of the way from chance to 1 (AUC 0.6)
STRICT = 0.999  # confidence that roles differ: an audit must not reject good data by chance


class Finding(NamedTuple):
    """One line of audit.csv."""

    check: str  # duplicates, pair, balance, shortcut, role_shift or synthetic
    about: str  # what was compared
    # a number of pairs (duplicates), their correlation (pair), the most frequent class's share
    # (balance), else rank-1 (identity), AUC (two classes, role_shift) or balanced accuracy
    value: float
    low: float  # of the 95 % interval over people; nan if there is none
    high: float
    n: int  # pictures behind it
    chance: float  # what the best constant guess reaches; nan if there is no such level
    verdict: Verdict  # `leaks`, or `short` of a threshold, by the rule in `reason`
    reason: str  # the rule, examples, or why there is no number


def limit_finding(check: str, about: str, found: Estimate, limit: float, reason: str) -> Finding:
    """A finding that leaks where the low end of its interval is above the limit."""
    verdict: Verdict = "leaks" if found.low > limit else "ok"
    return Finding(check, about, *found, verdict, f"{reason}; leaks if low > {limit:.3g}")


def not_applicable(check: str, about: str, reason: str) -> Finding:
    """A check that does not apply to these data."""
    return Finding(check, about, np.nan, np.nan, np.nan, 0, np.nan, "n/a", reason)


def limit_of(chance: float, *, identity: bool) -> float:
    """The value above which a shortcut leaks."""
    above = chance + ABOVE_CHANCE * (1 - chance)
    return min(TIMES_CHANCE * chance, above) if identity else above
