"""Headlines: one number per defense, target, seed and form."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from bench.answers import Estimate
from bench.metrics.advantage import Sign
from bench.metrics.comparisons import places, worst_case
from bench.metrics.leakage import leakage
from bench.registry import controls, spec_of
from bench.reports.marks import Mark, Marks, raw_beats_aware, still_climbs
from bench.reports.results import Result
from bench.reports.selection import Choice, strongest

# Above this leakage a defense claims no privacy that a weak attacker could fake; nor do controls.
HIDES_LITTLE = 0.9
# Marks that exclude from ranks: not promised, or the number is not what it seems.
UNRANKED = {"reads-secret", "not-promised", "incomplete", "role-shift", "harness-leak"}


class Headline(NamedTuple):
    """One number about the attacks on one defense.

    Attributes:
        result: the strongest attack by validation pictures; the first if none could be chosen.
        sign: to read its scores with.
        metric: `leakage`, `worst_leakage` or `rank`.
        estimate: None if there is none.
        status: `ok`, `skipped` or `failed`, with its reason.
    """

    result: Result
    sign: Sign
    metric: str
    estimate: Estimate | None
    status: str
    reason: str
    marks: tuple[Mark, ...] = ()


def headlines(results: Sequence[Result], marks: Marks) -> Iterator[Headline]:
    """The headlines of all defenses, by task, target and seed."""
    private = [result for result in results if result.cell.purpose == "private"]
    less = [result for result in results if result.cell.purpose == "saturation"]
    private.sort(key=lambda result: (result.cell.task, result.cell.target, result.cell.seed))
    for _, group in groupby(private, lambda r: (r.cell.task, r.cell.target, r.cell.seed)):
        asked = list(group)
        ceiling = strongest(result for result in asked if result.cell.defense.changes_nothing)
        lines: dict[tuple[str, str], list[Result]] = {}
        for result in asked:
            form = result.cell.threat.form
            lines.setdefault((form, str(spec_of(result.cell.defense))), []).append(result)
        found = [list(_headline(line, ceiling, marks, less)) for line in lines.values()]
        for line in found:
            yield from line
        for form in ("pixels", "codes"):
            yield from _ranked([f for line in found for f in line if _ranks(f, form)])


def _headline(
    line: Sequence[Result], ceiling: Choice | None, marks: Marks, less: Sequence[Result]
) -> Iterator[Headline]:
    if all(result.status == "skipped" for result in line):
        return
    choice = strongest(line)
    failed = [result for result in line if result.status == "failed"]
    if choice is None or ceiling is None:
        none_chosen = "no attacker could be chosen on validation pictures"
        reason, status = (failed[0].reason, "failed") if failed else (none_chosen, "skipped")
        yield Headline(line[0], 1, "leakage", None, status, reason)
        return
    found = [*marks.of(choice.result), *raw_beats_aware(line), *still_climbs(choice, less)]
    try:
        against = ceiling.probe, ceiling.sign
        estimate = choice.result.figures(leakage, choice.probe, choice.sign, *against)
        worst = _worst(line, ceiling)
    except ValueError as error:
        yield Headline(*choice, "leakage", None, "skipped", str(error), tuple(found))
        return
    control = choice.result.cell.defense.name in controls()
    if estimate.value >= HIDES_LITTLE or control:
        found = [mark for mark in found if mark.name not in ("weak", "undertrained")]
    if failed:
        found.append(Mark("incomplete", f"{len(failed)} of {len(line)} attacks failed"))
    reason = "; ".join(f"{mark.name}: {mark.reason}" for mark in found)
    yield Headline(*choice, "leakage", estimate, "ok", reason, tuple(found))
    yield Headline(*choice, "worst_leakage", worst, "ok", reason, tuple(found))


def _worst(line: Sequence[Result], ceiling: Choice) -> Estimate:
    """The largest advantage of all attacks on the probe, as a share of the ceiling's."""
    answers = [r.probe for r in line if r.probe is not None]
    choices = [strongest([r]) for r in line if r.probe is not None]
    signs: list[Sign] = [choice.sign if choice else 1 for choice in choices]
    found = ceiling.result.figures(worst_case, answers, signs)
    best = ceiling.result.figures(worst_case, [ceiling.probe], [ceiling.sign]).value
    value, low, high = (end / best for end in found[:3])
    return Estimate(value, low, high, found.n, 0.0)


def _ranks(headline: Headline, form: str) -> bool:
    """Whether a headline takes part in the ranking of a form."""
    names = {mark.name for mark in headline.marks} | set(headline.result.cell.marks)
    return (
        headline.metric == "leakage"
        and headline.status == "ok"
        and headline.result.cell.threat.form == form
        and not names & UNRANKED
    )


def _ranked(found: Sequence[Headline]) -> Iterator[Headline]:
    """Ranks by leakage, 1 hides most; defenses that do not differ significantly share them."""
    if len(found) < 2:
        return
    chosen = [Choice(headline.result, headline.sign) for headline in found]
    answers, signs = [each.probe for each in chosen], [each.sign for each in chosen]
    try:
        estimates = found[0].result.figures(places, answers, signs)
    except ValueError:  # one person
        return
    for headline, estimate in zip(found, estimates, strict=True):
        yield headline._replace(metric="rank", estimate=estimate)
