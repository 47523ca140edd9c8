"""Verdicts of a run as a table of lines (bench.reports.in_words: as text)."""

from collections.abc import Iterable, Iterator, Sequence
from math import nan
from typing import NamedTuple

from bench.api import Defense
from bench.metrics.fairness import LABELS
from bench.reports.records import Record, select, short
from bench.reports.tradeoff import fits, mean_number, shown_form, unique
from bench.reports.verdicts import LEAKS, ORDER, REFERENCE
from bench.spec import Spec
from bench.tables import Cell, NotAvailable, Number, Table

NOTE = (
    "keeps: of the label named, the best judge (retrained on releases, where the grid asks for "
    "it), as a share of the undefended. leaks: the strongest attack, likewise. Both 0 for a guess, "
    "with 95 % intervals over people. * on the front of what is kept and what leaks. hidden: from "
    "these attacks, for these people, these fits. docs/truth.md says what each verdict needs."
)
_REFERENCES = {"none": "all there is", "card": "price of utility", "constant": "nothing"}
_CHEATS = {"reads-secret", "reads-utility", "unstable", "role-shift", "memorised"}
_NOT_ON_FRONT = {*_CHEATS, "may-hide-a-channel"}
_APART = {  # headings, and the metrics of which each shows the first that there is
    "pairwise AUC": ("pairwise_auc", "auc"),
    "d'": ("d_prime",),
    "at least, bits": ("bits",),
}
LINE = ("defense", "form", "cleaned")  # what tells the lines of a target apart
_FMR = ("0.1", "1", "10")  # percent, the lowest first
_METRICS = {*(name for names in _APART.values() for name in names)} | {
    *(f"tmr_at_fmr_{fmr}%" for fmr in _FMR),
    *(f"gap_{label}" for label in LABELS),
}
NOT_INSTALLED = "is not installed"  # in the reasons of bench.nn.published.catalogue.missing


class Row(NamedTuple):
    """A line of the table."""

    defense: str  # as tables show them
    form: str
    keeps: Sequence[Cell]  # by utility target
    leaks: Cell  # the leakage
    # Pairwise AUC, d' and bits of the same attack, which do not depend on the classes.
    apart: Sequence[Cell]
    gap: Cell  # the largest between groups of people, of the same attack
    few: str  # people exposed, and matches at the lowest FMR that the data support
    verdict: str  # the word
    reason: str  # what was found, or what is missing
    on_front: bool = False  # no other line keeps more and leaks less
    # Its cleaned release stands in a row of its own, and nothing else is said here.
    is_repeated: bool = False
    marks: frozenset[str] = frozenset()  # of all fits
    headlines: Sequence[Record] = ()  # the leakage of each fit


def summaries(records: Sequence[Record]) -> list[Table]:
    """A table of all lines for each task and private target, ordered by verdict and utility."""
    return [_table(*group) for group in groups(records)]


def not_asked(records: Sequence[Record]) -> list[str]:
    """Which published judges would have been asked, and how to get them."""
    return unique(f"not asked: {r.reason}" for r in records if NOT_INSTALLED in r.reason)


def groups(records: Sequence[Record]) -> Iterator[tuple[Sequence[Record], list[Row]]]:
    """The records of each task and private target, and their lines."""
    for task in unique(r.task for r in records):
        mine = select(records, task=task)
        for target in unique(r.target for r in select(mine, purpose="private")):
            found = [r for r in mine if r.target == target or r.purpose != "headline"]
            if rows := _rows(found):
                yield found, rows


def _rows(records: Sequence[Record]) -> list[Row]:
    leaks = [r for r in records if r.purpose == "headline" and r.metric == "leakage"]
    of_lines: dict[tuple[str, str, int], list[Record]] = {}
    for r in leaks:
        of_lines.setdefault((r.defense, r.form, r.cleaned), []).append(r)
    cleaned = {(r.defense, r.form) for r in leaks if r.cleaned}
    attacks = [r for r in select(records, purpose="private", status="ok") if r.metric in _METRICS]
    exposed = select(records, purpose="headline", metric="exposed", status="ok")
    rows = []
    for (defense, form, is_clean), found in of_lines.items():
        repeated = not is_clean and (defense, form) in cleaned and found[0].verdict != LEAKS
        who = short(Defense, defense), shown_form(form, is_clean)
        keeps = [_keeps(records, name, defense, form, is_clean) for name in utilities(records)]
        apart = [_mean(same_attack(attacks, found, metrics)) for metrics in _APART.values()]
        gap, few, word = _gap(attacks, found), _few(exposed, attacks, found), found[0].verdict
        reason = _REFERENCES.get(Spec.parse(defense).name, found[0].reason)
        marks = frozenset(mark for r in found for mark in r.marks.split())
        row = Row(*who, keeps, _mean(found), apart, gap, few, word, reason, marks=marks)
        rows.append(row._replace(is_repeated=repeated, headlines=found))
    rows = [row._replace(on_front=_is_on_front(row, rows)) for row in rows]
    return sorted(rows, key=_place)


def _place(row: Row) -> tuple[bool, int, float]:
    """References first, then by verdict, then by what is kept; who cheats stands last."""
    if row.verdict not in ORDER:
        return False, -1, -_value(row)
    return bool(row.marks & _CHEATS), max(0, ORDER.index(row.verdict) - 1), -_value(row)


def _value(row: Row) -> float:
    kept = [cell.value for cell in row.keeps if isinstance(cell, Number)]
    return sum(kept) / len(kept) if kept else 0.0


def _is_on_front(row: Row, rows: Iterable[Row]) -> bool:
    """Whether no other line keeps as much and leaks less, or the reverse.

    Codes are compared with codes. References do not count, nor do lines that may cheat.
    """
    alike = (one for one in rows if (one.form == "code") == (row.form == "code"))
    mine, *others = (_compared(one) for one in (row, *alike))
    return mine is not None and not any(
        other and other != mine and other[0] >= mine[0] and other[1] >= mine[1] for other in others
    )


def _compared(row: Row) -> tuple[float, float] | None:
    if row.verdict == REFERENCE or row.marks & _NOT_ON_FRONT:
        return None
    return (_value(row), -row.leaks.value) if isinstance(row.leaks, Number) else None


def utilities(records: Sequence[Record]) -> list[str]:
    """The targets that are to be kept."""
    return unique(r.target for r in select(records, purpose="utility"))


def _keeps(records: Sequence[Record], target: str, defense: str, form: str, cleaned: int) -> Cell:
    """What the best retrained judge of a label keeps, else one that was not retrained."""
    line = {"defense": defense, "form": form, "cleaned": cleaned}
    found = select(records, purpose="utility", metric="kept", target=target, **line)
    threats = unique(Spec.parse(r.threat).name for r in found if r.status == "ok")
    if not threats:
        return NotAvailable(found[0].reason if found else "")
    best = next((name for name in ("aware", "latent") if name in threats), threats[0])
    return _mean([r for r in found if Spec.parse(r.threat).name == best])


def _mean(records: Sequence[Record]) -> Cell:
    """The mean over fits, with the widest interval and, of several fits, their range."""
    found = [r for r in records if r.status == "ok"]
    if not records:
        return NotAvailable()
    if not found:
        return NotAvailable(records[0].reason, "failed" if records[0].status == "failed" else "n/a")
    number = mean_number(found)
    if not isinstance(number, Number):
        return number
    if found[0].metric in ("leakage", "kept"):
        number = number._replace(unit="percent")
    if len(found) < 2:
        return number if len(found) == len(records) else number._replace(note="1 fit")
    ends = (number._replace(value=f(r.value for r in found), low=nan) for f in (min, max))
    of_all = "" if len(found) == len(records) else f" of {len(records)}"
    return number._replace(note=f"{len(found)}{of_all} fits, {' to '.join(map(str, ends))}")


def same_attack(
    attacks: Sequence[Record], headlines: Sequence[Record], metrics: Sequence[str]
) -> list[Record]:
    """The first of these metrics of the attacks that headlines are about."""
    signs = {(r.defense, r.attacker, r.threat, r.seed): r.sign for r in headlines}
    found = [
        _read(r, sign)
        for r in select(attacks, target=headlines[0].target)
        if (sign := signs.get((r.defense, r.attacker, r.threat, r.seed)))
    ]
    return next((some for name in metrics if (some := select(found, metric=name))), [])


def _read(record: Record, sign: int) -> Record:
    """The record, of answers that are read with this sign."""
    middle = {"auc": 0.5, "pairwise_auc": 0.5, "d_prime": 0.0}.get(record.metric)
    record = record._replace(sign=1)
    if sign > 0 or middle is None:
        return record
    value, low, high = (2 * middle - end for end in (record.value, record.high, record.low))
    return record._replace(value=value, low=low, high=high)


def _gap(attacks: Sequence[Record], headlines: Sequence[Record]) -> Cell:
    """The largest gap of the attacks that headlines are about, and between which groups."""
    gaps = {label: _mean(same_attack(attacks, headlines, [f"gap_{label}"])) for label in LABELS}
    numbers = [g._replace(note=label) for label, g in gaps.items() if isinstance(g, Number)]
    return max(numbers, key=lambda number: number.value, default=NotAvailable())


def _few(exposed: Sequence[Record], attacks: Sequence[Record], headlines: Sequence[Record]) -> str:
    """The number of people exposed, and the TMR at the lowest supported FMR, in words."""
    first, said = headlines[0], []
    if counted := select(exposed, **{name: getattr(first, name) for name in LINE}):
        worst = max(counted, key=lambda r: r.value)
        said.append(f"{worst.value:.0f} of {worst.n} exposed")
        if worst.n and not worst.value:
            said[0] += f" (share below {1 - 0.05 ** (1 / worst.n):.0%})"
    for fmr in _FMR:
        if found := same_attack(attacks, headlines, [f"tmr_at_fmr_{fmr}%"]):
            said.append(f"TMR {_mean(found)} % at FMR {fmr} %")
            break
    return "; ".join(said)


def _table(records: Sequence[Record], rows: Sequence[Row]) -> Table:
    kept = [f"^ keeps {name}" for name in utilities(records)]
    columns = ["defense", "form", *kept, "v leaks", *_APART, "v largest gap", "the few"]
    columns += ["front", "verdict", "reason"]
    target = next(r.target for r in records if r.purpose == "headline")
    shown = [
        [
            *(r.defense, r.form, *r.keeps, r.leaks, *r.apart, r.gap, r.few),
            *("*" if r.on_front else "", r.verdict, r.reason),
        ]
        for r in rows
    ]
    note = " ".join([NOTE, *(f"{line}." for line in not_asked(records))])
    return Table(f"Verdicts: {records[0].task}: {target} ({fits(records)})", columns, shown, note)
