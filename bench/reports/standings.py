"""How the lines of a published board stand, and what differs between two boards."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import NamedTuple

from bench.api import Dataset, Defense
from bench.reports.records import Record, select, short
from bench.reports.summary import Row, groups, utilities
from bench.reports.tradeoff import mean_number, shown_form, unique
from bench.reports.validation import cell_of, line_of
from bench.reports.verdicts import REFERENCE
from bench.tables import Cell, NotAvailable, Number, Table

NOTE = (
    "Ordered by verdict, then by what is kept. * on the Pareto front. rank: by leakage; a range "
    "where intervals overlap, which is a tie. by: whose attack it is, the strongest that anybody "
    "has entered. Words: docs/truth.md."
)


def standings(records: Sequence[Record], entered: Mapping[int, str]) -> list[Table]:
    """A table for each task and private target; `entered` says who made each entry, and when."""
    return [_standing(found, rows, entered) for found, rows in groups(records)]


def _standing(records: Sequence[Record], rows: Sequence[Row], entered: Mapping[int, str]) -> Table:
    ranked = [row for row in rows if row.verdict != REFERENCE and not row.is_repeated]
    shown: list[list[Cell]] = []
    for row in (row for row in rows if not row.is_repeated):
        by = entered.get(row.headlines[-1].entry, "")
        leaks = row.leaks._replace(note="") if isinstance(row.leaks, Number) else row.leaks
        front, rank = "*" if row.on_front else "", _rank(row, ranked) if row in ranked else ""
        shown.append([row.defense, row.form, *row.keeps, leaks, front, rank, row.verdict, by])
    kept = [f"keeps {name}" for name in utilities(records)]
    columns = ["defense", "form", *kept, "leaks", "front", "rank", "verdict", "by"]
    target = next(r.target for r in records if r.purpose == "headline")
    return Table(f"{records[0].task}: {target}", columns, shown, NOTE)


def _rank(row: Row, rows: Sequence[Row]) -> str:
    """The places that a line may have among those of its form: 1 leaks least."""
    if not isinstance(row.leaks, Number):
        return "n/a"
    alike = [each for each in rows if (each.form == "code") == (row.form == "code")]
    others = [each.leaks for each in alike if each is not row and isinstance(each.leaks, Number)]
    first = 1 + sum(other.high < row.leaks.low for other in others)
    last = 1 + sum(other.low <= row.leaks.high for other in others)
    return str(first) if first == last else f"{first} to {last}"


class _Line(NamedTuple):
    verdict: str
    leaks: Cell
    entry: int


def changes(old: Sequence[Record], new: Sequence[Record]) -> Table:
    """The lines whose verdict or leakage differs, and in the note how many cells do."""
    before, after = _lines(old), _lines(new)
    nothing = _Line("", NotAvailable(status="-"), 0)
    rows: list[list[Cell]] = []
    for about in unique([*before, *after]):
        was, now = before.get(about, nothing), after.get(about, nothing)
        if (was.verdict, str(was.leaks)) != (now.verdict, str(now.leaks)):
            rows.append([*about, was.verdict, now.verdict, was.leaks, now.leaks])
    cells, others = _cells(old), _cells(new)
    both = cells.keys() & others.keys()
    changed = sum(cells[key] != others[key] for key in both)
    note = (
        f"{len(rows)} lines differ. Cells: {len(others.keys() - both)} new, "
        f"{len(cells.keys() - both)} gone, {changed} of {len(both)} with other numbers."
    )
    columns = ["defense", "form", "hides", "data", "verdict was", "is", "leaks was", "is"]
    return Table("Differences", columns, rows, note)


def _lines(records: Sequence[Record]) -> dict[tuple[str, str, str, str], _Line]:
    found: dict[tuple[str, str, str, str], list[Record]] = {}
    for r in select(records, purpose="headline", metric="leakage"):
        data, _, roles, target, defense, form, cleaned = line_of(r)
        where = short(Dataset, data) + (f"; {roles}" if roles else "")
        about = (short(Defense, defense), shown_form(form, cleaned), target, where)
        found.setdefault(about, []).append(r)
    return {about: _line(some) for about, some in found.items()}


def _line(headlines: Sequence[Record]) -> _Line:
    known = select(headlines, status="ok")
    number = mean_number(known, NotAvailable(headlines[0].reason))
    leaks = number._replace(unit="percent") if isinstance(number, Number) else number
    return _Line(headlines[0].verdict, leaks, headlines[0].entry)


def _cells(records: Sequence[Record]) -> Mapping[object, set[tuple[str, str]]]:
    """The numbers of each cell as text."""
    found: dict[object, set[tuple[str, str]]] = {}
    for r in records:
        if r.purpose != "headline" and not isnan(r.value):
            found.setdefault(cell_of(r), set()).add((r.metric, f"{r.value:.4g}"))
    return found
