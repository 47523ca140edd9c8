"""Which attacks would have seen a secret: a claim that it is hidden rests on these alone."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bench.answers import AnyAnswers, Templates
from bench.metrics.contrasts import MARGIN, Contrast, contrasts
from bench.metrics.matching import identified
from bench.registry import spec_of
from bench.reports.lines import Line
from bench.reports.results import Result
from bench.reports.selection import Choice, strongest
from bench.runner.cells import Cell

STRENGTH = 0.9  # least share of the best attack's S where nothing is hidden
SIGHT = 0.5  # least S of the best attack where nothing is hidden
FOUND = 0.01  # level at which a trace, or a finding, is believed

Key = tuple[object, ...]


class Shown(NamedTuple):
    """Whether an attack on a line has shown that it can see."""

    attack: Result
    reason: str = ""  # why it is not evidence; empty if it is
    lacks_trace: bool = False  # only the trace was not asked for


class Missing(NamedTuple):
    """A kind of evidence that a line lacks, in words, and whether a trace may yet supply it."""

    text: str
    lacks_trace: bool


class Evidence:
    """The attacks of one run, compared with what they see where nothing is hidden.

    Source: ours (design.md, 6.3).
    """

    def __init__(self, results: Iterable[Result]) -> None:
        self._undefended: dict[Key, list[Result]] = {}
        self._traces: dict[Key, Result] = {}
        for result in results:
            cell = result.cell
            if cell.purpose == "trace":
                self._traces[_attack(cell)] = result
            elif cell.purpose == "private" and cell.defense.changes_nothing:
                self._undefended.setdefault(_asked(cell), []).append(result)

    def ceiling(self, cell: Cell) -> Choice | None:
        """The best attack without a defense, chosen on validation pictures; one for both forms."""
        known = self._undefended.get(_asked(cell), ())
        asked = [result for result in known if result.cell.threat.form == "pixels"]
        seeing = [one for one in asked if one.cell.evidence]
        return strongest(seeing) or strongest(asked)

    def sight(self, cell: Cell) -> str:
        """Why nobody here can tell the target even of unprotected pictures; empty if one can."""
        best = self.ceiling(cell)
        if best is None:
            return "no attack on unprotected pictures has answers"
        as_given = _contrast(best.result)
        if as_given is None or as_given.value < SIGHT:
            value = "no S" if as_given is None else f"S {as_given.value:.2f}"
            return f"even without a defense the best attack has {value}, below {SIGHT}"
        return ""

    def missing(self, line: Line) -> list[Missing]:
        """The kinds of evidence that a line lacks; each fit needs all kinds."""
        lacking = []
        for seed in dict.fromkeys(result.cell.seed for result in line.attacks):
            for kind in kinds(line):
                found = [s for s in self.of_kind(line, kind) if s.attack.cell.seed == seed]
                if not any(not shown.reason for shown in found):
                    reasons = ", ".join(dict.fromkeys(shown.reason for shown in found))
                    text = f"no {_WORDS.get(kind, kind)} is evidence ({reasons or 'none ran'})"
                    lacking.append(Missing(text, any(shown.lacks_trace for shown in found)))
        return list(dict.fromkeys(lacking))

    def of_line(self, line: Line) -> list[Shown]:
        """The attacks of the kinds that a line needs."""
        return [shown for kind in kinds(line) for shown in self.of_kind(line, kind)]

    def of_kind(self, line: Line, kind: str) -> Iterator[Shown]:
        """The attacks of one kind that learned from a line's releases."""
        # What cleaning removes is sought before it.
        attacks = line.plain if line.cleaned and kind == "low-bits" else line.attacks
        for result in attacks:
            cell = result.cell
            learned = cell.threat.learns_from == ("codes" if line.form == "codes" else "protected")
            if cell.evidence == kind and learned and not cell.threat.gallery:
                yield self._shown(result)

    def weakness(self, result: Result) -> str:
        """Why an attacker has not shown its strength where nothing is hidden, or empty."""
        cell = result.cell
        asked = self._undefended.get(_asked(cell), [])
        same_form = [one for one in asked if one.cell.threat.reads == cell.threat.reads]
        best = strongest(same_form)
        own = strongest(
            one for one in same_form if spec_of(one.cell.attacker) == spec_of(cell.attacker)
        )
        if own is None or best is None:
            return "its strength without a defense is unknown"
        if own.result is best.result:
            return ""
        found = _contrast(own.result, best, STRENGTH)
        if found is None or found.low <= 0:
            value = "none" if found is None else f"{found.value:.2f}"
            best_name = best.result.cell.attacker.name
            ceiling = "" if found is None else f" {found.ceiling:.2f}"
            return f"without a defense its S is {value}, that of {best_name}{ceiling}"
        return ""

    def _shown(self, result: Result) -> Shown:
        cell = result.cell
        if result.probe is None:
            return Shown(result, "it failed")
        if cell.evidence in ("network", "matcher"):
            if weakness := self.weakness(result):
                return Shown(result, weakness)
            if not result.converged:
                return Shown(result, "hit the round limit while validation loss was still falling")
        trace = self._traces.get(_attack(cell))
        if trace is None:
            return Shown(result, "no trace was asked for", lacks_trace=True)
        found = None if trace.probe is None else _contrast(trace)
        if found is None or found.p > FOUND:
            value = "failed" if found is None else f"S {found.value:.2f}"
            return Shown(result, f"it does not notice a trace planted into the releases ({value})")
        return Shown(result)


_WORDS = {"neighbours": "nearest-neighbour search", "low-bits": "attack on low bits"}


def kinds(line: Line) -> tuple[str, ...]:
    """The kinds of attacks that must have seen nothing before a line can be called hidden."""
    cell = line.cell
    if cell.target == "identity" and cell.data.protocol == "open":
        return ("matcher",)  # nothing else answers about strangers
    target = next((t for t in cell.data.targets if t.name == cell.target), None)
    if target is not None and target.kind == "continuous":
        return ("network",)
    return (
        ("network", "neighbours") if line.form == "codes" else ("network", "neighbours", "low-bits")
    )


def _contrast(result: Result, best: Choice | None = None, margin: float = 0.0) -> Contrast | None:
    """Its answers as given, less a share of the best one's; None if there are too few."""
    try:
        return readings(result, best.result if best else None, margin)[0]
    except ValueError:
        return None


def readings(result: Result, best: Result | None, margin: float = MARGIN) -> list[Contrast]:
    """All readings of an attack beside the best one's without a defense.

    Raises:
        ValueError: if the result has no answers, a class is missing or has too few units, or the
            two results are about different pictures.
    """
    against = None if best is None else _by_class(best)
    return list(result.figures(contrasts, _by_class(result), *result.units, against, margin))


def _by_class(result: Result) -> AnyAnswers:
    """Its answers; templates of enrolled people as a classifier's."""
    if result.probe is None:
        raise ValueError("expected answers about the probe, got none")
    if isinstance(result.probe, Templates) and result.cell.data.protocol != "open":
        return identified(result.probe, len(result.classes))
    return result.probe


def _asked(cell: Cell) -> Key:
    return (cell.task, cell.seed, cell.target, cell.threat.gallery)


def _attack(cell: Cell) -> Key:
    about = (str(spec_of(cell.defense)), str(spec_of(cell.attacker)), str(cell.threat_spec))
    return (*_asked(cell), *about)
