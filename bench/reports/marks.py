"""Marks of attacks: why a number may not be what it seems.

Marks are given and dropped by 99.9 % intervals, since a large grid gives many chances of a false
one; docs/truth.md lists them, with a planted case of each.
"""

from collections.abc import Iterable, Iterator, Sequence

from bench.answers import AnyAnswers, Estimate, Templates
from bench.metrics.advantage import Sign, beyond_chance, share_right
from bench.metrics.comparisons import difference
from bench.registry import spec_of
from bench.reports.evidence import Evidence
from bench.reports.lines import Line
from bench.reports.qualities import ReleaseQuality
from bench.reports.release_marks import GATE, Mark, release_marks, release_of
from bench.reports.results import Result
from bench.reports.selection import Choice, strongest
from bench.runner.cells import CONTROLS
from bench.runner.controls.canary import bit_ceiling, person_ceiling

READS = {
    "reads-secret": "it reads the private label when it protects",
    "reads-utility": "it reads the utility label that it is praised for when it protects",
}


class Marks:
    """The marks of the results of one run; they are given by comparing all its results."""

    def __init__(self, results: Sequence[Result], qualities: Sequence[ReleaseQuality] = ()) -> None:
        self.evidence = Evidence(results)
        self._of_release = release_marks(qualities)
        self._judged: dict[tuple[object, ...], list[Result]] = {}
        self._controls: dict[tuple[object, ...], list[Result]] = {}
        for result in results:
            cell = result.cell
            if cell.purpose in CONTROLS:
                self._controls.setdefault(_attacker(result), []).append(result)
            elif cell.purpose == "utility" and cell.defense.changes_nothing:
                self._judged.setdefault(_question(result), []).append(result)

    def of(self, result: Result) -> list[Mark]:
        """The marks of one result's attacker; none of one without answers."""
        if result.probe is None:
            return []
        purpose = result.cell.purpose
        found = [*self._leaking(result), *_below_chance(result)]
        if purpose == "private" and (
            weakness := self._missed_canary(result) or self.evidence.weakness(result)
        ):
            found.append(Mark("not-shown-strong", weakness))
        if purpose == "utility":
            found += self._blind(result)
        if not result.converged:
            reason = "hit the round limit while validation loss was still falling"
            found.append(Mark("undertrained", reason))
        return found

    def of_line(self, line: Line) -> list[Mark]:
        """What forbids to call a line hidden, whatever attacks find."""
        found = [Mark(name, READS[name]) for name in line.cell.marks if name in READS]
        unmeasured = {line.form: [Mark("unchecked", "its release could not be measured")]}
        for attack in () if line.cell.defense.changes_nothing else line.attacks:
            found += self._of_release.get(release_of(attack.cell), unmeasured)[line.form]
        if not any(mark.name == "role-shift" for mark in found):
            found += [mark for attack in line.attacks for mark in _misled(attack)][:1]
        leaking = (mark for attack in line.attacks for mark in self._leaking(attack))
        return list(dict.fromkeys((*found, *leaking)))

    def _missed_canary(self, result: Result) -> str:
        """Why it is not known to find the canary, or empty."""
        for control in self._controls.get(_attacker(result), []):
            if control.cell.purpose != "canary":
                continue
            if control.probe is None:
                return "its attack on the canary failed, so its strength is unknown"
            try:
                power = canary_power(control)
            except ValueError:  # nobody was enrolled
                continue
            if power.low <= 0:
                return f"finds {power.value:.0%} of the canary"
        return ""

    def _leaking(self, result: Result) -> Iterable[Mark]:
        """Whether the attacker finds shuffled labels, which is impossible without a leak."""
        for control in self._controls.get(_attacker(result), []):
            cell, answers = control.cell, control.probe
            if cell.purpose != "permuted" or cell.target != result.cell.target or answers is None:
                continue
            found = _share_right(control, answers)
            if found and found.low > found.chance:
                value, low = f"{found.value:.3f}", f"{found.low:.3f}"
                reason = f"{value} of shuffled labels are right (99.9 % from {low})"
                yield Mark("harness-leak", reason)

    def _blind(self, result: Result) -> Iterator[Mark]:
        """Whether no judge surely sees the label even without a defense."""
        best = strongest(self._judged.get(_question(result), ()), inverts=False)
        found = best and _share_right(best.result, best.probe)
        if found and found.low <= found.chance:
            reason = f"without a defense {found.value:.0%} are right, a guess is {found.chance:.0%}"
            yield Mark("blind-judge", reason)


def canary_power(result: Result, *, confidence: float = 0.95) -> Estimate:
    """The share of a canary that an attacker finds, by answers about the bit or by templates.

    Raises:
        ValueError: if the result has no answers, or its templates allow no comparison.
    """
    if result.probe is None:
        raise ValueError("expected answers about a canary, got none")
    ceiling = person_ceiling() if isinstance(result.probe, Templates) else bit_ceiling()
    best = ceiling - 0.5
    found = result.figures(share_right, result.probe, confidence=confidence)
    value, low, high = ((end - 0.5) / best for end in found[:3])
    return Estimate(value, low, high, found.n, 0.0)


def _share_right(result: Result, answers: AnyAnswers, sign: Sign = 1) -> Estimate | None:
    """The share of a result's answers that is right; None if only one class occurs."""
    try:
        return result.figures(share_right, answers, sign, confidence=GATE)
    except ValueError:
        return None


def _below_chance(result: Result) -> Iterator[Mark]:
    """Whether it is wrong although it was right on validation pictures: labels swapped by role.

    Judges of utility that a defense misleads do not count.
    """
    choice, cell = strongest([result]), result.cell
    if choice is None or result.valid is None:
        return
    if not cell.defense.changes_nothing or cell.purpose in CONTROLS:
        return
    before, found = (
        _share_right(result, answers, choice.sign) for answers in (result.valid, choice.probe)
    )
    if before and found and found.high < found.chance and before.low > before.chance:
        reason = f"{found.value:.3f} are right, chance is {found.chance:.3f}: labels swapped?"
        yield Mark("below-chance", reason)


def _misled(result: Result) -> Iterator[Mark]:
    """Whether it is right about the attacker's own releases, but not about the probe's."""
    cell, valid, answers = result.cell, result.valid, result.probe
    alike = cell.data.protocol != "closed-paper" and not cell.learned_from
    if cell.defense.changes_nothing or not alike or valid is None or answers is None:
        return
    shares = (_share_right(result, valid), _share_right(result, answers))
    own, probe = (share and beyond_chance(share) for share in shares)
    if own and probe and own.low > max(probe.high, 0):
        reason = f"right {own.value:.0%} beyond a guess on its own releases, {probe.value:.0%} on"
        yield Mark("role-shift", f"{cell.attacker.name} is {reason} the probe's")


def raw_beats_aware(line: Sequence[Result]) -> Iterator[Mark]:
    """Whether the best attacker trained on raw pictures beats the best trained on protected ones.

    The results are about one target of one defense, under all threats.
    """
    raw, aware = (
        strongest(result for result in line if result.cell.threat.learns_from == source)
        for source in ("raw", "protected")
    )
    if raw is None or aware is None or raw.result.cell.defense.changes_nothing:
        return
    if gain := _gain(raw, aware):
        yield Mark("raw-beats-aware", f"trained on raw pictures, {gain.value:.3f} more are right")


def still_climbs(choice: Choice, less: Iterable[Result]) -> Iterator[Mark]:
    """Whether the chosen attacker gained from the second half of its training pictures.

    `less` are results of attackers that learned from fewer pictures.
    """
    for result in less:
        if result.cell.share != 0.5 or result.probe is None:
            continue
        same = _same_attack(result) == _same_attack(choice.result)
        if same and (gain := _gain(choice, Choice(result, choice.sign))):
            reason = f"the second half of its training pictures added {gain.value:.3f}"
            yield Mark("data-limited", reason)


def _gain(first: Choice, second: Choice) -> Estimate | None:
    """How much more the first gets right; None if it is not surely more, or not comparable."""
    try:
        signs = first.sign, second.sign
        both = first.probe, second.probe
        gain = first.result.figures(difference, *both, signs, confidence=GATE)
    except ValueError:
        return None
    return gain if gain.low > 0 else None


def _same_attack(result: Result) -> tuple[object, ...]:
    """What is alike in attacks that learned from different shares of the training pictures."""
    cell = result.cell
    return (*_attacker(result), cell.threat_spec, cell.target, cell.defense)


def _attacker(result: Result) -> tuple[object, ...]:
    cell = result.cell
    return (cell.task, cell.seed, str(spec_of(cell.attacker)), cell.threat.reads)


def _question(result: Result) -> tuple[object, ...]:
    cell = result.cell
    return (cell.task, cell.seed, cell.target, cell.threat.reads)
