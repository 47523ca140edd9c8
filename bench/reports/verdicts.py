"""Verdicts: what may be said of a defense, in words, and what a claim still lacks."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
from scipy import special

from bench.answers import Answers, Templates
from bench.metrics.advantage import guessed, right_statistic
from bench.metrics.contrasts import LEVEL, MARGIN, NOTHING, Contrast
from bench.metrics.exposed import Exposure, exposed
from bench.metrics.matching import identified
from bench.reports.evidence import FOUND, Evidence, kinds, readings
from bench.reports.lines import Line
from bench.reports.release_marks import Mark
from bench.reports.results import Result
from bench.reports.selection import strongest
from bench.runner.cells import TRACE

HIDDEN, CARRIES = "hidden as far as tried", "carries y and nothing else"
LITTLE, OPEN, LEAKS = "leaks a little", "inconclusive", "leaks"
REFERENCE = "reference"
_FAINT = "a faint pattern of each person"
ORDER = (HIDDEN, CARRIES, LITTLE, OPEN, LEAKS)  # of a table's rows; the first two are one rank

MIN_TAKES, MIN_TAKES_EACH = 48, 4  # where just these people are asked about
MIN_PEOPLE = 59  # where they stand for others: 1 - 0.05^(1/59) is 5 %


class Verdict(NamedTuple):
    """What may be said of a line."""

    word: str  # one of ORDER, or REFERENCE
    reason: str  # what was found, or what is missing
    marks: tuple[Mark, ...] = ()  # names of what stands in the way
    lacks_trace: bool = False  # only planted traces are missing for more than `inconclusive`


class Finding(NamedTuple):
    """One reading of one attack."""

    attack: Result
    contrast: Contrast


def verdict(line: Line, evidence: Evidence, obstacles: Sequence[Mark]) -> Verdict:
    """The verdict of a line; `obstacles` are marks that forbid to call it hidden.

    Source: ours (design.md, 6.1); Holm, Scandinavian Journal of Statistics 6 (1979), 65-70
        [holm1979tests].
    """
    if line.is_control:
        return Verdict(REFERENCE, "")
    findings, unread = _findings(line, evidence)
    found = _sure(findings)
    everywhere_low = bool(findings) and all(f.contrast.high < 0 for f in findings)
    exposes = _exposure(line)
    if found and not everywhere_low:
        reason = "; ".join(p for p in (_what_leaks(found), exposes, _through_y(line)) if p)
        return Verdict(LEAKS, reason, marks=tuple(_inverted(found)))
    if exposes:
        return Verdict(LEAKS, "; ".join(part for part in (exposes, _through_y(line)) if part))
    marks = [*obstacles, *incomplete(line), *unread, *_unseen(line, evidence), *_few(line)]
    if line.is_described and findings and all(mark.name == "few-people" for mark in marks):
        shown = _what_leaks(found) if found else "attacks on the pictures show no leak"
        reason = f"y holds {_y_bits(line)} bits at most: {shown}, {_in_y(line, evidence)}"
        return Verdict(CARRIES, reason, marks=tuple(marks))
    resting = _resting(line, evidence, findings)
    if any(f.contrast.high >= 0 for f in resting):
        marks.append(Mark("imprecise", _needed(line, resting)))
    lacking = evidence.missing(line)
    if lacking:
        only_traces = bool(resting) and not marks and all(one.lacks_trace for one in lacking)
        marks.append(Mark("not-shown-strong", "; ".join(one.text for one in lacking)))
    if marks:
        reason = "; ".join(f"{mark.name}: {mark.reason}" for mark in marks)
        return Verdict(OPEN, reason, marks=tuple(marks), lacks_trace=bool(lacking) and only_traces)
    if found:
        return Verdict(LITTLE, _what_leaks(found))
    trace = f"a {TRACE:.0%} trace of the picture" if "network" in kinds(line) else _FAINT
    return Verdict(HIDDEN, f"{trace} would have been seen")


def _findings(line: Line, evidence: Evidence) -> tuple[list[Finding], list[Mark]]:
    """All readings of all attacks, and a mark of each attack that cannot be read."""
    found, unread = [], []
    for attack in line.attacks:
        best = evidence.ceiling(attack.cell)
        if attack.probe is None or best is None:
            continue  # `incomplete` and `_unseen` say so
        try:
            found += [Finding(attack, one) for one in readings(attack, best.result)]
        except ValueError as error:
            unread.append(Mark("few-people", f"separability cannot be computed: {error}"))
    return found, list(dict.fromkeys(unread))


def _sure(findings: Sequence[Finding]) -> list[Finding]:
    """Those that stand after a correction for the number of all."""
    return [finding for finding in findings if finding.contrast.p * len(findings) <= FOUND]


def _resting(line: Line, evidence: Evidence, findings: Sequence[Finding]) -> list[Finding]:
    """The readings that a claim rests on: of attacks that can see, or lack no more than a trace."""
    shown = (s.attack for s in evidence.of_line(line) if not s.reason or s.lacks_trace)
    seeing = {id(attack) for attack in shown}
    return [finding for finding in findings if id(finding.attack) in seeing]


def _exposure(line: Line) -> str:
    """The people exposed by the strongest attack of each fit, in words; empty if there are none."""
    if line.cell.target != "identity":
        return ""
    people: dict[int, None] = {}
    for seed in dict.fromkeys(attack.cell.seed for attack in line.attacks):
        choice = strongest(attack for attack in line.attacks if attack.cell.seed == seed)
        found = exposure(choice.result) if choice else None
        if found:
            people |= dict.fromkeys(int(person) for person in found.people)
    if not people:
        return ""
    names = line.attacks[0].classes
    listed = ", ".join(names[person] for person in list(people)[:3])
    who = "1 person" if len(people) == 1 else f"{len(people)} people"
    if not line.cell.data.shareable:
        return f"exposes {who} (names of real people are not written)"
    return f"exposes {who} ({listed}{', ...' if len(people) > 3 else ''})"


def exposure(result: Result) -> Exposure | None:
    """Whom an attack on identity exposes; None if that cannot be tested."""
    answers = result.probe
    if isinstance(answers, Templates):
        answers = identified(answers, len(result.classes))
    if not isinstance(answers, Answers):
        return None
    try:
        return result.figures(exposed, answers, result.take)
    except ValueError:
        return None


def _what_leaks(found: Sequence[Finding]) -> str:
    """What the strongest of several findings shows, as given rather than read otherwise."""
    attack, contrast = max(
        found, key=lambda f: f.contrast.value * (1 if f.contrast.reading == "as given" else 0.9)
    )
    cell = attack.cell
    how = "" if contrast.reading == "as given" else f", {contrast.reading}"
    what = f"S {contrast.value:.2f} of {contrast.ceiling:.2f} without a defense"
    if contrast.reading == "as given" and attack.probe is not None:
        share = float(right_statistic(attack.probe)(np.ones((1, len(attack.probe))))[0])
        what = f"{share:.0%} right (guess {guessed(attack.probe):.0%})"
    return f"{cell.attacker.name} {cell.threat_spec}{how}: {what}"


def _through_y(line: Line) -> str:
    """How a release that is drawn from y can leak."""
    return f"y itself reveals it, {_y_bits(line)} bits at most" if line.is_described else ""


def _in_y(line: Line, evidence: Evidence) -> str:
    """What attacks on y itself find, of which the pictures may show less."""
    if not line.on_y:
        return "y itself was not attacked"
    itself = line._replace(form="codes", attacks=line.on_y)
    found = _sure(_findings(itself, evidence)[0])
    said = [_what_leaks(found)] if found else []
    said += [exposes] if (exposes := _exposure(itself)) else []
    return f"attacks on y itself: {', '.join(said) or 'no leak'}"


def _y_bits(line: Line) -> int:
    return max((int(attack.side_info.get("y_bits", 0)) for attack in line.attacks), default=0)


def _inverted(found: Sequence[Finding]) -> list[Mark]:
    """Whether the strongest finding is of answers that are reliably wrong."""
    attack, contrast = max(found, key=lambda f: f.contrast.value)
    if any(f.attack is attack and f.contrast.reading == "as given" for f in found):
        return []
    name = attack.cell.attacker.name
    how = "the opposite" if contrast.reading == "inverted" else "another name"
    return [Mark("inverted", f"{name} is reliably wrong, so {how} of its answer is right")]


def incomplete(line: Line) -> list[Mark]:
    """Whether attacks failed."""
    failed = [attack for attack in line.attacks if attack.status == "failed"]
    if not failed:
        return []
    return [Mark("incomplete", f"{len(failed)} of {len(line.attacks)} attacks failed")]


def _unseen(line: Line, evidence: Evidence) -> list[Mark]:
    """A line that only its cleaned release can clear, and targets that nobody here can tell."""
    marks = []
    if line.is_cleaned_too:
        reason = "a key may hide anything in uncleaned pictures; only cleaned ones can be hidden"
        if line.form == "codes":
            reason = "a key may hide anything in codes, and these cannot be cleaned"
        marks.append(Mark("may-hide-a-channel", reason))
    for seed in dict.fromkeys(attack.cell.seed for attack in line.attacks):
        cell = next(attack.cell for attack in line.attacks if attack.cell.seed == seed)
        if reason := evidence.sight(cell):
            marks.append(Mark("not-shown-strong", f"{reason}; bring a stronger attacker"))
            break
    return marks


def _few(line: Line) -> list[Mark]:
    """Whether the probe has too few units for a claim."""
    answered = next((attack for attack in line.attacks if attack.probe is not None), None)
    if answered is None:
        return []
    people = np.unique(answered.person)
    if line.cell.data.protocol == "open":
        if len(people) >= MIN_PEOPLE:
            return []
        return [Mark("few-people", f"{len(people)} people, {MIN_PEOPLE} are needed")]
    pairs = np.unique(np.stack([answered.person, answered.take]), axis=1)
    n_takes = np.unique(pairs[0], return_counts=True)[1]
    if n_takes.sum() >= MIN_TAKES and n_takes.min() >= MIN_TAKES_EACH:
        return []
    reason = (
        f"{n_takes.sum()} takes, {n_takes.min()} or more a person; {MIN_TAKES} and "
        f"{MIN_TAKES_EACH} are needed"
    )
    return [Mark("few-people", reason)]


def _needed(line: Line, resting: Sequence[Finding]) -> str:
    """About how many takes or people would decide the line."""
    factors = [_factor(finding.contrast) for finding in resting if finding.contrast.high >= 0]
    first = resting[0].attack
    n_people = len(
        np.unique(first.units.unit if line.cell.data.protocol == "open" else first.units.stratum)
    )
    factor = max(factors)
    if not np.isfinite(factor):
        return f"S lies near {MARGIN:.0%} of that without a defense; more pictures will not decide"
    n_units = ceil(factor * resting[0].contrast.n_units)
    if line.cell.data.protocol == "open":
        return f"needs about {n_units} people"
    return f"needs about {ceil(n_units / n_people)} takes a person"


def _factor(contrast: Contrast) -> float:
    """By how much the number of units must grow to decide a reading; inf near the margin."""
    error = (contrast.high - contrast.excess) / -special.ndtri(LEVEL)
    margin = contrast.value - contrast.excess
    value = max(contrast.value - error, 0.0)  # the largest of several readings is too large
    if margin - value > error / 8:  # it would lie below: its own error, and that of the largest
        return float((3.5 * error / (margin - value)) ** 2)
    if value - margin > error / 8:  # it would be found
        return float((4 * error / (value - NOTHING)) ** 2)
    return np.inf
