"""The tables of a run as a paper has them: few columns, and all that a reader needs in captions."""

from collections.abc import Iterator, Sequence

from bench.metrics.declared import declared
from bench.reports.records import Record, select
from bench.reports.summary import Row, groups, utilities
from bench.reports.tradeoff import BALANCED, fits, tables, title
from bench.reports.verdicts import REFERENCE
from bench.spec import Spec
from bench.tables import Cell, NotAvailable, Number, Table

WIDEST = 24  # of a defense, in characters
_VERDICTS = (
    "Kept: of the best judge, as a share of that without a defense. Leaked: of the strongest "
    "attack, likewise; both 0 for a guess. In brackets 95 % intervals over people"
)
_RIGHT = (
    "What the best judge (utility) and the strongest attacker (private) get right, accuracy in %, "
    "AUC as a fraction; 95 % intervals over people. Raw: the attacker learned from unprotected "
    "pictures; aware: from releases; latent: from codes. Drop-in: the judge learned from "
    "unprotected pictures; retrained: from releases"
)


def papers(records: Sequence[Record]) -> Iterator[Table]:
    """For each task and private target the verdicts, and for each task what was got right."""
    for found, rows in groups(records):
        yield _verdicts(found, [row for row in rows if not row.is_repeated])
    asked = [r for r in records if r.purpose in ("private", "utility") and r.metric != BALANCED]
    plain = [r for r in asked if not (r.cleaned or "clean" in dict(Spec.parse(r.threat).fields))]
    for table in tables(plain):
        columns = [
            f"{name[2:]} {'↑' if name[0] == '^' else '↓'}" if name[:2] in ("^ ", "v ") else name
            for name in table.columns
        ]
        lines = [[_named(str(name)), *cells] for name, *cells in table.rows]
        yield table._replace(columns=columns, rows=lines, note=_RIGHT)


def _verdicts(records: Sequence[Record], rows: Sequence[Row]) -> Table:
    """A line per form of a defense; a footnote says what was found, or what is missing."""
    target = select(records, purpose="headline")[0].target
    kept = [f"{name} kept, % ↑" for name in utilities(records)]
    columns = ["defense", "form", *kept, f"{target} leaked, % ↓", "verdict"]
    usual, asked = fits(records), [r for r in records if r.purpose in ("headline", "private")]
    shown: list[list[Cell]] = [
        [
            *(_named(row.defense), row.form),
            *(_brief(cell, usual) for cell in (*row.keeps, row.leaks)),
            row.verdict if row.verdict == REFERENCE else NotAvailable(row.reason, row.verdict),
        ]
        for row in rows
    ]
    note = "; ".join([_VERDICTS, *_guesses(records, [target, *utilities(records)])])
    return Table(f"Verdicts on {target}: {title(asked)}", columns, shown, note)


def _named(defense: str) -> Cell:
    """The defense; fields that would make the column wide are a footnote."""
    return defense if len(defense) <= WIDEST else NotAvailable(defense, defense.partition(":")[0])


def _brief(cell: Cell, usual: str) -> Cell:
    """Without the range over fits; how many there were, if not as many as usual."""
    if not isinstance(cell, Number):
        return cell
    n_fits = cell.note.partition(",")[0]
    return cell._replace(note="" if n_fits == usual else n_fits)


def _guesses(records: Sequence[Record], targets: Sequence[str]) -> Iterator[str]:
    """What a guess gets right of each target."""
    for target in targets:
        found = [r for r in select(records, target=target, status="ok") if declared(r.metric).shown]
        if asked := [r for r in found if r.purpose in ("private", "utility")]:
            best = min(asked, key=lambda r: declared(r.metric).shown)
            shown = Number(best.chance, unit=declared(best.metric).unit)
            yield f"a guess of {target}: {declared(best.metric).title} {shown}"
