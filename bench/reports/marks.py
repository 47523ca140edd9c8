"""Marks of attackers: whether a number may be believed, by what they do where nothing is hidden.

Marks qualify privacy, never leakage: a hit above chance counts from any attacker, a miss only from
a strong one. Marks need 99.9 % intervals, since a large grid gives many chances of a false mark.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bench.answers import Estimate, Templates
from bench.metrics.advantage import share_right
from bench.metrics.comparisons import difference
from bench.metrics.leakage import leakage
from bench.registry import spec_of
from bench.reports.results import ReleaseQuality, Result
from bench.reports.selection import Choice, strongest
from bench.runner.cells import CONTROLS, Cell
from bench.runner.controls.canary import bit_ceiling, person_ceiling

GATE = 0.999  # confidence of the intervals
STRONG = 0.9  # least share of the best attacker's advantage where nothing is hidden
FOUND = 0.5  # least share of the canary's advantage
TMR = 0.5  # least TMR at FMR 1 % of a matcher where nothing is hidden


class Mark(NamedTuple):
    """A name that docs/truth.md lists, and the reason."""

    name: str
    reason: str


class Marks:
    """The marks of the results of one run; they are given by comparing all its results."""

    def __init__(self, results: Sequence[Result], qualities: Sequence[ReleaseQuality] = ()) -> None:
        self._shifted = dict(_shifted(qualities))
        self._undefended: dict[tuple[object, ...], list[Result]] = {}
        self._controls: dict[tuple[object, ...], list[Result]] = {}
        for result in results:
            cell = result.cell
            if cell.purpose in CONTROLS:
                self._controls.setdefault(_attacker(result), []).append(result)
            elif cell.defense.changes_nothing and cell.share == 1:
                self._undefended.setdefault(_question(result), []).append(result)
        self._strength: dict[tuple[object, ...], tuple[Mark, ...]] = {}

    def of(self, result: Result) -> tuple[Mark, ...]:
        """The marks of one result's attacker; none of one without answers."""
        if result.probe is None:
            return ()
        key = (_question(result), _attacker(result))
        if key not in self._strength:
            self._strength[key] = (*self._weak(result), *self._leaking(result))
        found = [*self._strength[key], *_below_chance(result)]
        if not result.converged:
            reason = "hit the round limit while validation loss was still falling"
            found.append(Mark("undertrained", reason))
        if result.cell.threat.form == "pixels" and result.cell.purpose == "private":
            found += self._shifted.get(_release(result.cell), ())
        return tuple(found)

    def _weak(self, result: Result) -> Iterable[Mark]:
        """Whether it is weaker than others without a defense, or misses the canary."""
        asked = self._undefended.get(_question(result), [])
        own = [one for one in asked if _attacker(one) == _attacker(result)]
        best = strongest(asked, inverts=result.cell.purpose != "utility")
        choice = strongest(own, inverts=result.cell.purpose != "utility")
        if choice and best:
            yield from _behind(choice, best)
            yield from _weak_matcher(choice.result)
        controls = self._controls.get(_attacker(result), [])
        for control in controls:
            if control.cell.purpose == "canary" and control.probe is not None:
                yield from _misses_canary(control)
        if any(one.status == "failed" for one in (*own, *controls)):
            yield Mark("weak", "an attack without a defense failed, so its strength is unknown")

    def _leaking(self, result: Result) -> Iterable[Mark]:
        """Whether the attacker finds shuffled labels, which is impossible without a leak."""
        for control in self._controls.get(_attacker(result), []):
            cell, answers = control.cell, control.probe
            if cell.purpose != "permuted" or cell.target != result.cell.target or answers is None:
                continue
            try:
                found = control.figures(share_right, answers, confidence=GATE)
            except ValueError:  # one class only: nothing could leak
                continue
            if found.low > found.chance:
                value, low = f"{found.value:.3f}", f"{found.low:.3f}"
                reason = f"{value} of shuffled labels are right (99.9 % from {low})"
                yield Mark("harness-leak", reason)


def canary_power(result: Result, *, confidence: float = 0.95) -> Estimate:
    """The share of a canary that an attacker finds, by answers about the bit or by templates.

    Raises:
        ValueError: if there are no answers, or no pairs of canaries to compare.
    """
    if result.probe is None:
        raise ValueError("expected answers about a canary, got none")
    ceiling = person_ceiling() if isinstance(result.probe, Templates) else bit_ceiling()
    best = ceiling - 0.5
    found = result.figures(share_right, result.probe, confidence=confidence)
    value, low, high = ((end - 0.5) / best for end in found[:3])
    return Estimate(value, low, high, found.n, 0.0)


def _shifted(qualities: Sequence[ReleaseQuality]) -> Iterator[tuple[object, tuple[Mark, ...]]]:
    """Releases in which probe and attacker's pictures differ more than in raw pictures."""
    raw = {
        _release(quality.cell)[:2]: quality.values["shift"]
        for quality in qualities
        if quality.cell.defense.changes_nothing
    }
    for quality in qualities:
        before, after = raw.get(_release(quality.cell)[:2]), quality.values["shift"]
        if after is None or before is None or quality.cell.defense.changes_nothing:
            continue
        more = quality.figures(difference, after, before, confidence=GATE)
        if more.low > 0:
            reason = f"probe and attackers' pictures differ, AUC {more.value:+.3f} of raw ones"
            yield _release(quality.cell), (Mark("role-shift", reason),)


def _below_chance(result: Result) -> Iterator[Mark]:
    """Whether it is wrong although it was right on validation pictures: labels swapped by role.

    Judges of utility that a defense misleads do not count.
    """
    choice, cell = strongest([result]), result.cell
    if choice is None or result.valid is None:
        return
    if not cell.defense.changes_nothing or cell.purpose in CONTROLS:
        return
    try:
        before, found = (
            result.figures(share_right, answers, choice.sign, confidence=GATE)
            for answers in (result.valid, choice.probe)
        )
    except ValueError:  # one class only
        return
    if found.high < found.chance and before.low > before.chance:
        reason = f"{found.value:.3f} are right, chance is {found.chance:.3f}: labels swapped?"
        yield Mark("below-chance", reason)


def _behind(own: Choice, best: Choice) -> Iterator[Mark]:
    if own.result is best.result:
        return
    try:
        against = best.probe, best.sign
        share = own.result.figures(leakage, own.probe, own.sign, *against, confidence=GATE)
    except ValueError:  # the best finds nothing either: the leakage says so
        return
    if share.high < STRONG:
        name = best.result.cell.attacker.name
        yield Mark("weak", f"without a defense it has {share.value:.0%} of the advantage of {name}")


def _misses_canary(control: Result) -> Iterator[Mark]:
    try:
        power = canary_power(control, confidence=GATE)
    except ValueError:  # nobody was enrolled
        return
    if power.high < FOUND:
        yield Mark("weak", f"finds {power.value:.0%} of the canary")


def _weak_matcher(result: Result) -> Iterator[Mark]:
    for metric, found, _ in result.estimates:  # none: too few people to say
        if metric == "tmr_at_fmr_1%" and found and found.value < TMR:
            yield Mark("weak", f"without a defense its TMR at FMR 1 % is {found.value:.2f}")


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


def _release(cell: Cell) -> tuple[object, ...]:
    return (cell.task, cell.seed, str(spec_of(cell.defense)))


def _attacker(result: Result) -> tuple[object, ...]:
    cell = result.cell
    return (cell.task, cell.seed, str(spec_of(cell.attacker)), cell.threat.reads)


def _question(result: Result) -> tuple[object, ...]:
    cell = result.cell
    purpose = "utility" if cell.purpose == "utility" else "private"
    return (cell.task, cell.seed, cell.target, purpose, cell.threat.reads)
