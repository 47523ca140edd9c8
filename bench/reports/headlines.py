"""Headlines: what attacks leave of a defense's promise, for each line of a table and each fit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from bench.answers import Answers, AnyAnswers, Estimate
from bench.metrics.advantage import Sign
from bench.metrics.comparisons import leakage, worst_case
from bench.metrics.separability import relabelled
from bench.registry import spec_of
from bench.reports.evidence import Evidence
from bench.reports.lines import Line, lines
from bench.reports.marks import Marks, raw_beats_aware, still_climbs
from bench.reports.release_marks import Mark, fragile
from bench.reports.results import Result
from bench.reports.selection import Choice, strongest
from bench.reports.verdicts import OPEN, Verdict, exposure, incomplete, verdict

_SIGNS: tuple[Sign, Sign] = (1, -1)


class Headline(NamedTuple):
    """One number about the attacks on one defense, or about a judge of what it keeps."""

    result: Result  # the strongest attack by validation pictures; the first if none could be chosen
    sign: Sign  # to read its scores with
    metric: str  # `leakage`, `worst_leakage`, `exposed` or `kept`
    estimate: Estimate | None
    status: str  # `ok`, `skipped` or `failed`
    reason: str
    marks: tuple[Mark, ...] = ()
    cleaned: bool = False  # attackers got the release cleaned
    verdict: str = ""  # on the line, over all fits


def headlines(results: Sequence[Result], marks: Marks) -> Iterator[Headline]:
    """The headlines of all lines, then what each defense keeps."""
    less = [result for result in results if result.cell.purpose == "saturation"]
    judges, none = _judges(results)
    brittle = list(_fragile(judges, none))
    for line in lines(results):
        obstacles = marks.of_line(line)
        said = verdict(line, marks.evidence, obstacles)
        which = (line.cell.task, str(spec_of(line.cell.defense)))
        found = [*obstacles, *incomplete(line), *said.marks]
        found += [mark for about, mark in brittle if about == which]
        for seed in dict.fromkeys(attack.cell.seed for attack in line.attacks):
            fit = [attack for attack in line.attacks if attack.cell.seed == seed]
            qualified = [*found, *_qualifications(fit, marks, less, said)]
            yield from _of_fit(line, fit, marks.evidence, said, tuple(dict.fromkeys(qualified)))
    yield from _kept(judges, none, marks)


def _of_fit(
    line: Line,
    attacks: Sequence[Result],
    evidence: Evidence,
    said: Verdict,
    marks: tuple[Mark, ...],
) -> Iterator[Headline]:
    choice = strongest(attacks)
    ceiling = evidence.ceiling(choice.result.cell if choice else attacks[0].cell)
    failed = [attack for attack in attacks if attack.status == "failed"]
    also = [f"{mark.name}: {mark.reason}" for mark in marks]
    reason = "; ".join([said.reason, *(mark for mark in also if mark not in said.reason)])
    first = Headline(attacks[0], 1, "leakage", None, "ok", reason, marks, line.cleaned, said.word)
    if choice is None or ceiling is None:
        none_chosen = "no attacker could be chosen on validation pictures"
        why, status = (failed[0].reason, "failed") if failed else (none_chosen, "skipped")
        yield first._replace(status=status, reason=why)
        return
    answers, sign = _as_read(choice, said)
    first = first._replace(result=choice.result, sign=sign)
    try:
        against = ceiling.probe, ceiling.sign
        estimate = choice.result.figures(leakage, answers, sign, *against)
        worst = _worst([answers, *(a.probe for a in attacks if a.probe is not None)], ceiling)
    except ValueError as error:
        yield first._replace(status="skipped", reason="; ".join(filter(None, [reason, str(error)])))
        return
    yield first._replace(estimate=estimate)
    yield first._replace(metric="worst_leakage", estimate=worst)
    found = exposure(choice.result) if line.cell.target == "identity" else None
    if found and found.n_tested:
        counted = Estimate(len(found.people), np.nan, np.nan, found.n_tested, 0.0)
        yield first._replace(metric="exposed", estimate=counted)


def _qualifications(
    attacks: Sequence[Result], marks: Marks, less: Sequence[Result], said: Verdict
) -> list[Mark]:
    """What qualifies the strongest attack; only what is undecided asks for its strength."""
    choice = strongest(attacks)
    if choice is None:
        return []
    own = marks.of(choice.result) if said.word == OPEN else ()
    return [*own, *raw_beats_aware(attacks), *still_climbs(choice, less)]


def _as_read(choice: Choice, said: Verdict) -> tuple[AnyAnswers, Sign]:
    """Its answers and their sign; the other way round where these are reliably wrong."""
    answers, sign = choice.probe, choice.sign
    if not any(mark.name == "inverted" for mark in said.marks):
        return answers, sign
    if isinstance(answers, Answers) and answers.scores.shape[1] > 2:
        return relabelled(answers, choice.result.units), sign
    return answers, -1


def _worst(answers: Sequence[AnyAnswers], ceiling: Choice) -> Estimate:
    """The largest advantage of all answers, read with both signs, as a share of the ceiling's."""
    signs = [sign for sign in _SIGNS for _ in answers]
    found = ceiling.result.figures(worst_case, [*answers, *answers], signs)
    best = ceiling.result.figures(worst_case, [ceiling.probe], [ceiling.sign]).value
    value, low, high = (end / best for end in found[:3])
    return Estimate(value, low, high, found.n, 0.0)


class Judged(NamedTuple):
    """What judges of utility answer about."""

    task: str
    seed: int
    target: str
    defense: str
    threat: str  # without cleaning
    clean: bool


def _judges(results: Sequence[Result]) -> tuple[Mapping[Judged, Choice], str]:
    """The best judge of each question about utility, and the spec of the control `none`."""
    asked: dict[Judged, list[Result]] = {}
    none = ""
    for result in results:
        cell = result.cell
        if cell.purpose == "utility":
            defense, threat = str(spec_of(cell.defense)), str(replace(cell.threat, clean=False))
            about = (cell.task, cell.seed, cell.target, defense, threat, cell.threat.clean)
            asked.setdefault(Judged(*about), []).append(result)
            none = defense if cell.defense.changes_nothing else none
    found = {key: strongest(group, inverts=False) for key, group in asked.items()}
    return {key: choice for key, choice in found.items() if choice}, none


def _kept(judges: Mapping[Judged, Choice], none: str, marks: Marks) -> Iterator[Headline]:
    """The utility that each defense keeps, as a share of the best judge's without a defense."""
    for asked, choice in judges.items():
        bare = [
            best
            for other, best in judges.items()
            if other[:3] == asked[:3] and other.defense == none and not other.clean
        ]
        found = tuple(marks.of(choice.result))
        reason = "; ".join(f"{mark.name}: {mark.reason}" for mark in found)
        try:
            best = strongest((choice.result for choice in bare), inverts=False)
            if best is None:
                raise ValueError("no judge of unprotected pictures has answers")
            kept = choice.result.figures(leakage, choice.probe, 1, best.probe, 1)
        except ValueError as error:
            yield Headline(
                choice.result, 1, "kept", None, "skipped", str(error), found, asked.clean
            )
            continue
        yield Headline(choice.result, 1, "kept", kept, "ok", reason, found, asked.clean)


def _fragile(judges: Mapping[Judged, Choice], none: str) -> Iterator[tuple[tuple[str, str], Mark]]:
    """The marks of releases that lose far more by cleaning than raw pictures do."""
    for asked, cleaned in judges.items():
        plain, raw = asked._replace(clean=False), asked._replace(defense=none)
        others = (plain, raw._replace(clean=False), raw)
        if asked.clean and asked.defense != none and judges.keys() >= set(others):
            found = fragile(cleaned, *(judges[other] for other in others))
            yield from (((asked.task, asked.defense), mark) for mark in found)
