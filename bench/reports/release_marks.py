"""Marks of releases: what forbids to call them hidden, whatever attacks find."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from bench.answers import Answers
from bench.metrics.advantage import aligned, right_statistic
from bench.metrics.comparisons import difference
from bench.metrics.intervals import Floats, Ids, estimate
from bench.metrics.releases import memorised
from bench.registry import spec_of
from bench.reports.qualities import ReleaseQuality
from bench.reports.selection import Choice
from bench.runner.cells import Cell

GATE = 0.999  # confidence of the intervals
COPIES = 0.02  # of releases beyond chance: one in 25 is a copy
FRAGILE = 0.2  # utility that cleaning may cost a defense more than it costs `none`

Key = tuple[str, int, str]


class Mark(NamedTuple):
    """A name that docs/truth.md lists, and the reason."""

    name: str
    reason: str


def release_marks(qualities: Sequence[ReleaseQuality]) -> dict[Key, dict[str, list[Mark]]]:
    """The marks of releases, by release and form."""
    raw = {
        release_of(quality.cell)[:2]: quality.values["shift"]
        for quality in qualities
        if quality.cell.defense.changes_nothing
    }
    found = {}
    for quality in qualities:
        if quality.cell.defense.changes_nothing:
            continue
        values, before = quality.values, raw.get(release_of(quality.cell)[:2])
        unstable = [Mark("unstable", values["unstable"])] if values["unstable"] else []
        copies = copied(values["trained_on"], values["nearest_person"])
        found[release_of(quality.cell)] = {
            "pixels": [*unstable, *_shift(quality, before, "shift"), *copies],
            "codes": [*unstable, *_shift(quality, before, "code_shift")],  # only of lines of codes
        }
    return found


def _shift(quality: ReleaseQuality, before: Answers | None, name: str) -> Iterator[Mark]:
    """Whether probe and attacker's releases differ more than raw pictures do."""
    after = quality.values[name]
    if after is None or before is None:
        reason = "the probe and the attacker's pictures are not alike, or too few, to be compared"
        yield Mark("unchecked", f"role shift cannot be tested: {reason}")
        return
    try:
        more = quality.figures(difference, after, before, confidence=GATE)
    except ValueError as error:  # too few people for an interval
        yield Mark("unchecked", f"role shift cannot be tested: {error}")
        return
    if more.low > 0:
        reason = f"probe and attackers' releases differ, AUC {more.value:+.3f} of raw pictures"
        yield Mark("role-shift", reason)


def copied(trained_on: Floats | None, person: Ids) -> list[Mark]:
    """Whether releases are surely pictures that were trained on; see `memorised`.

    From 12 people on: of fewer, all may be nearest to training pictures by chance.
    """
    try:
        share = None if trained_on is None else memorised(trained_on, person, confidence=GATE)
    except ValueError:  # nothing follows from one person
        return []
    if share is None or share.low <= share.chance + COPIES:
        return []
    found = f"{share.value:.0%} of releases are nearest to a picture that was trained on"
    return [Mark("memorised", f"{found} (99.9 % from {share.low:.0%}; chance 50 %)")]


def fragile(cleaned: Choice, plain: Choice, raw: Choice, raw_cleaned: Choice) -> list[Mark]:
    """Whether cleaning costs a defense far more utility than it costs unprotected pictures.

    All are judges of one label, of the cleaned and the plain release, with and without a defense.
    """
    answers = [aligned(choice.probe, plain.probe) for choice in (plain, cleaned, raw, raw_cleaned)]
    rights = [right_statistic(each) for each in answers]
    lost = lambda w: (rights[0](w) - rights[1](w)) - (rights[2](w) - rights[3](w))  # noqa: E731
    try:
        found = estimate(lost, plain.probe.person, np.nan, share=False, confidence=GATE)
    except ValueError:  # too few people for an interval
        return []
    if found.low <= FRAGILE:
        return []
    reason = f"cleaning costs {found.value:.0%} more of what it keeps than it costs `none`"
    return [Mark("fragile", reason)]


def release_of(cell: Cell) -> Key:
    """What a cell's release depends on: the task, the seed and the defense."""
    return (cell.task, cell.seed, str(spec_of(cell.defense)))
