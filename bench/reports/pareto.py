"""The plot of what each defense keeps against what it leaks."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.reports.drawing import write_drawn
from bench.reports.figures import Figures
from bench.reports.panels import Panel, Point, fronts
from bench.reports.records import Record, select
from bench.reports.summary import Row, groups, utilities
from bench.tables import Number

_FORMS = {"picture": "", "picture, cleaned": " (cleaned)", "code": " (code)"}


def draw_fronts(records: Sequence[Record], folder: Path, figures: Figures) -> None:
    """tradeoff.png, .svg and .pdf: a panel per task, private and utility target."""
    drawn = [
        Panel(
            found[0].task,
            (f"{private} leaked (← better),\n% of unprotected",
             f"{utility} kept (better →),\n% of unprotected"),
            points=points,
        )
        for found, rows in groups(records)
        for private in [select(found, purpose="headline")[0].target]
        for place, utility in enumerate(utilities(found))
        if (points := list(_points(rows, place)))
    ]  # fmt: skip
    if drawn:
        write_drawn(figures(fronts, drawn), folder, "tradeoff")


def plotted(rows: Sequence[Row], place: int) -> Iterator[tuple[Row, Number, Number]]:
    """The lines of a table that have both numbers; `place` is that of the utility target."""
    for row in rows:
        leaks, keeps = row.leaks, row.keeps[place]
        if isinstance(leaks, Number) and isinstance(keeps, Number) and not row.is_repeated:
            yield row, leaks, keeps


def _points(rows: Sequence[Row], place: int) -> Iterator[Point]:
    for row, leaks, keeps in plotted(rows, place):
        joined = row.on_front and row.form != "code"  # codes have a front of their own
        yield Point(row.defense + _FORMS[row.form], leaks[:3], keeps[:3], joined)
