"""What an audit says, and by which rules."""

from typing import Literal, NamedTuple

import numpy as np

from bench.answers import Estimate

Verdict = Literal["ok", "leaks", "short", "n/a"]

# A cue leaks where the low end of its interval is above
TIMES_CHANCE = 3.0  # this many times chance (identity; of few people: whichever is lower)
ABOVE_CHANCE = 0.2  # or this share of the way from chance to 1 (AUC 0.6)
STRICT = 0.999  # confidence that roles differ: an audit must not condemn good data by luck


class Finding(NamedTuple):
    """One line of audit.csv.

    Attributes:
        check: duplicates, balance, cue, shift or renderer.
        about: what was looked at.
        value: a number of pairs (duplicates), the commonest class's share (balance), else rank-1
            (identity), AUC (two classes, shift) or balanced accuracy, as fractions.
        low, high: its 95 % interval over people; nan if it has none.
        n: pictures behind it.
        chance: what the best constant guess reaches; nan if there is no such level.
        verdict: `leaks`, or falls `short` of a bar, by the rule that `reason` tells; `ok` or `n/a`.
        reason: the rule, examples, or why there is no number.
    """

    check: str
    about: str
    value: float
    low: float
    high: float
    n: int
    chance: float
    verdict: Verdict
    reason: str


def counted(check: str, about: str, n_pairs: int, n: int, reason: str) -> Finding:
    """A finding about something that must not occur."""
    verdict: Verdict = "leaks" if n_pairs else "ok"
    return Finding(check, about, n_pairs, np.nan, np.nan, n, np.nan, verdict, reason)


def judged(check: str, about: str, found: Estimate, limit: float, reason: str) -> Finding:
    """A finding that leaks where the low end of its interval is above the limit."""
    verdict: Verdict = "leaks" if found.low > limit else "ok"
    return Finding(check, about, *found, verdict, f"{reason}; leaks if low > {limit:.3g}")


def unasked(check: str, about: str, reason: str) -> Finding:
    """A question that means nothing here."""
    nothing = Estimate(np.nan, np.nan, np.nan, 0, np.nan)
    return Finding(check, about, *nothing, "n/a", reason)


def limit_of(chance: float, *, identity: bool) -> float:
    """Where a cue begins to leak."""
    above = chance + ABOVE_CHANCE * (1 - chance)
    return min(TIMES_CHANCE * chance, above) if identity else above
