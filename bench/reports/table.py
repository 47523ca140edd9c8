"""Utility-versus-privacy tables, one per task: a view of records."""

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from bench.api import Dataset, Defense
from bench.registry import brief
from bench.reports.agreement import DRAWN, agreement, demonstrates
from bench.reports.records import Record
from bench.spec import Spec

NOTE = (
    "Each number is the strongest attacker's (for utility, the best judge's): chosen on "
    "validation rows, reported on the probe, with its 95 % interval over people; of several "
    "seeds the mean and the widest interval. Accuracy in %, AUC as a fraction; ^ utility should "
    "be high, v private should be low. Leakage: 0 = chance, 1 = no defense. Marks: ! reads the "
    "secret when it protects, ~ was not promised. Words in brackets: the leakage may be larger "
    "than shown (weak, undertrained, data-limited, incomplete, raw-beats-aware, role-shift), or is "
    "no leakage of faces (harness-leak, below-chance); records.csv has the reasons."
)
_MARKS = {"reads-secret": "!", "not-promised": "~"}
_WORDS = {"raw": "drop-in", "aware": "retrained"}  # of utility

H = TypeVar("H", bound=Hashable)


class Table(NamedTuple):
    """A title, column headings, and rows of text; the first column names the defense."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


class Column(NamedTuple):
    """Which records a column shows."""

    purpose: str
    target: str
    threat: str
    form: str

    @property
    def heading(self) -> str:
        """What a reader sees."""
        if self.purpose == "utility":
            return f"^ {self.target} {_WORDS.get(self.threat, self.threat)}"
        if self.purpose == "headline":
            return f"v {self.target} leakage, {self.form}"
        if self.purpose == "looks":
            return "SSIM"
        return f"v {self.target} {self.threat}"


def tables(records: Sequence[Record]) -> list[Table]:
    """The tables of a grid, in the order of its tasks."""
    return [
        _table([record for record in records if record.task == task])
        for task in _unique(record.task for record in records)
    ]


def markdown(shown: Iterable[Table], note: str = NOTE) -> str:
    """The tables with a note as Markdown."""
    parts = []
    for table in shown:
        lines = [table.columns, ["---"] * len(table.columns), *table.rows]
        body = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
        parts.append(f"## {table.title}\n\n{body}\n")
    return "\n".join(parts) + (f"\n{note}\n" if note else "")


def percent(records: Sequence[Record], absent: str) -> str:
    """A fraction's mean over seeds in percent, with the widest interval; `absent` of none."""
    if not records:
        return absent
    value = sum(record.value for record in records) / len(records)
    low, high = min(r.low for r in records), max(r.high for r in records)
    return _number(value, low, high, "top1")


def _table(records: Sequence[Record]) -> Table:
    ranked = {(r.purpose, r.target) for r in records if r.metric in ("auc", "correlation")}
    records = [
        record
        for record in records
        if record.metric in ("auc", "correlation", "leakage", "ssim", "")
        or (record.metric == "top1" and (record.purpose, record.target) not in ranked)
    ]
    columns = _unique(_columns(records))
    defenses = _unique(record.defense for record in records)
    rows = [_row(defense, columns, records) for defense in defenses]
    rows.append(["chance", *(_chance(column, records) for column in columns)])
    return Table(_title(records), ["defense", *(column.heading for column in columns)], rows)


def _columns(records: Sequence[Record]) -> Iterator[Column]:
    """Utility, then each private target under each threat, then the headlines."""
    for purpose in ("utility", "private", "headline", "looks"):
        for record in records:
            if record.purpose == purpose and record.status != "n/a":
                threat = record.threat if purpose in ("utility", "private") else ""
                form = record.form if purpose == "headline" else ""
                yield Column(purpose, record.target, threat, form)


def _row(defense: str, columns: Sequence[Column], records: Sequence[Record]) -> list[str]:
    mine = [record for record in records if record.defense == defense]
    marks = "".join(mark for name, mark in _MARKS.items() if name in mine[0].marks.split())
    name = str(brief(Defense, Spec.parse(defense)))
    return [f"{name} {marks}".strip(), *(_cell(_in(column, mine)) for column in columns)]


def _in(column: Column, records: Iterable[Record]) -> list[Record]:
    return [
        record
        for record in records
        if (record.purpose, record.target) == (column.purpose, column.target)
        and column.threat in ("", record.threat)
        and column.form in ("", record.form)
    ]


def _cell(records: Sequence[Record]) -> str:
    """The chosen records of all seeds as one number, or why there is none."""
    chosen = [record for record in records if record.chosen]
    failed = any(r.status == "failed" for r in records)
    if not chosen:
        return "failed" if failed else "n/a"
    ends = [(r.value, r.low, r.high) for r in chosen]
    if chosen[0].metric == "auc" and chosen[0].purpose == "private":
        # An attacker that is wrong more often than right is read the other way round.
        ends = [
            (v, low, high) if r.sign > 0 else (1 - v, 1 - high, 1 - low)
            for r, (v, low, high) in zip(chosen, ends, strict=True)
        ]
    if chosen[0].metric == "correlation" and chosen[0].purpose == "private":
        ends = [
            e if r.sign > 0 else (-e[0], -e[2], -e[1]) for r, e in zip(chosen, ends, strict=True)
        ]
    value = sum(end[0] for end in ends) / len(ends)
    low, high = min(end[1] for end in ends), max(end[2] for end in ends)
    text = _number(value, low, high, chosen[0].metric)
    if chosen[0].purpose == "headline":
        attackers = _unique(f"{Spec.parse(r.attacker).name} {r.threat}" for r in chosen)
        text += f" {', '.join(attackers)}"
        marks = [m for m in _unique(" ".join(r.marks for r in chosen).split()) if m not in _MARKS]
        if failed and "incomplete" not in marks:  # of several seeds
            marks.append("incomplete")
        return f"{text} ({', '.join(marks)})" if marks else text
    return text + (" (incomplete)" if failed else "")


def _number(value: float, low: float, high: float, metric: str) -> str:
    if metric == "top1":
        return f"{100 * value:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _chance(column: Column, records: Sequence[Record]) -> str:
    chosen = [record for record in _in(column, records) if record.chosen]
    if not chosen:
        return ""
    chance = chosen[0].chance
    if math.isnan(chance):
        return ""
    return f"{100 * chance:.1f}" if chosen[0].metric == "top1" else f"{chance:.2f}"


def _title(records: Sequence[Record]) -> str:
    first = records[0]
    data = brief(Dataset, Spec.parse(first.data))
    n, n_people = (max(getattr(r, name) for r in records) for name in ("n", "n_people"))
    learned = f"; learned from {first.learned_from}" if first.learned_from else ""
    n_seeds = len(_unique(record.seed for record in records))
    return (
        f"{_warning(records)}{first.task} ({data}; protocol {first.protocol}{learned}; probe: {n} "
        f"pictures of {n_people} people; {n_seeds} seed{'s' if n_seeds > 1 else ''})"
    )


def _warning(records: Sequence[Record]) -> str:
    """That a table is about people who do not exist, and what says that they stand for us."""
    if Spec.parse(records[0].data).name != DRAWN:
        return ""
    hidden = _unique(record.target for record in records if record.purpose == "private")
    found = [agreement(target, records[0].protocol) for target in hidden]
    kind = "Harness demonstration" if any(map(demonstrates, found)) else "Drawn people"
    return f"{kind} ({'; '.join(map(str, found))}): "


def _unique(items: Iterable[H]) -> list[H]:
    return list(dict.fromkeys(items))
