"""The lines of a table: all attacks on one form of one defense about one target."""

from collections.abc import Iterable
from typing import NamedTuple

from bench.api import Described
from bench.registry import controls, spec_of
from bench.reports.results import Result
from bench.runner.cells import Cell
from bench.runner.questions import may_hide_a_channel
from bench.threats import Form


class Line(NamedTuple):
    """All private attacks that a verdict is about, of all fits."""

    cell: Cell  # any of them
    form: Form  # of the release
    cleaned: bool  # attackers got it cleaned; else they may clean it
    attacks: tuple[Result, ...]  # their results
    plain: tuple[Result, ...] = ()  # for a cleaned release, the attacks on it before cleaning
    on_y: tuple[Result, ...] = ()  # for pictures that are drawn from y, the attacks on y itself

    @property
    def is_control(self) -> bool:
        """It is a reference, without a verdict; a control that is not ours gets one."""
        ours = type(self.cell.defense).__module__.partition(".")[0] == "defenses"
        return ours and self.cell.defense.name in controls()

    @property
    def is_described(self) -> bool:
        """Its pictures are drawn from a few numbers, without the picture."""
        return self.form == "pixels" and isinstance(self.cell.defense, Described)

    @property
    def is_cleaned_too(self) -> bool:
        """Only its cleaned release can be called hidden: a key may hide a channel in it.

        Codes have no cleaned release.
        """
        return not self.cleaned and may_hide_a_channel(self.cell.defense)


def lines(results: Iterable[Result]) -> list[Line]:
    """The lines of a grid, in the order of its cells; a cleaned release after the plain one."""
    groups: dict[tuple[tuple[str, str, str], Form], list[Result]] = {}
    for result in results:
        cell = result.cell
        if cell.purpose == "private" and result.status != "skipped":
            about = (cell.task, cell.target, str(spec_of(cell.defense)))
            groups.setdefault((about, cell.threat.form), []).append(result)
    found = []
    for (about, form), group in groups.items():
        line = Line(group[0].cell, form, cleaned=False, attacks=tuple(group))
        if line.is_described:
            line = line._replace(on_y=tuple(groups.get((about, "codes"), ())))
        found.append(line)
        if clean := tuple(r for r in group if r.cell.threat.clean):
            plain = tuple(r for r in group if not r.cell.threat.clean)
            found.append(line._replace(cleaned=True, attacks=clean, plain=plain))
    return found
