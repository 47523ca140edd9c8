"""Utility-versus-privacy tables, one per task: a view of records."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from bench.api import Dataset, Defense
from bench.metrics.declared import declared
from bench.reports.records import Record, select, short
from bench.reports.synthetic_validity import demonstrates, validities
from bench.spec import Spec
from bench.tables import Cell, NotAvailable, Number, Table

NOTE = (
    "Each number is of the strongest attacker (for utility, of the best judge): chosen on "
    "validation pictures, reported on the probe, with its 95 % interval over people; of several "
    "fits the mean and the widest interval. Accuracy in %, AUC as a fraction; ^ utility should "
    "be high, v private should be low. Leakage: 0 = chance, 1 = no defense; it depends on the "
    "number of classes, pairwise AUC and d' do not. Words in brackets are marks (docs/truth.md); "
    "~ is not promised. records.json has the reasons."
)
_MARKS = {"not-promised": "~"}
BALANCED = "balanced_accuracy"
_USES = {"raw": "drop-in", "aware": "retrained"}  # of utility, by threat

H = TypeVar("H", bound=Hashable)


class Column(NamedTuple):
    """Which records a column shows."""

    purpose: str
    target: str
    threat: str
    form: str
    cleaned: int = 0
    balanced: bool = False

    @property
    def heading(self) -> str:
        """The heading that a reader sees."""
        threat = self.threat.replace(":clean=true", "")
        cleaned = ", cleaned" if threat != self.threat else ""
        cleaned += ", classes alike" if self.balanced else ""
        if self.purpose == "utility":
            return f"^ {self.target} {_USES.get(threat, threat)}{cleaned}"
        if self.purpose == "headline":
            return f"v {self.target} leakage, {shown_form(self.form, self.cleaned)}"
        if self.purpose == "release":
            return "SSIM"
        return f"v {self.target} {threat}{cleaned}"

    def of(self, records: Iterable[Record]) -> list[Record]:
        """The records of this column."""
        found = select(records, purpose=self.purpose, target=self.target)
        found = [r for r in found if self.balanced == (r.metric == BALANCED)]
        found = [r for r in found if self.threat in ("", r.threat) and self.form in ("", r.form)]
        return [r for r in found if self.purpose != "headline" or self.cleaned == r.cleaned]


def tables(records: Sequence[Record]) -> list[Table]:
    """The tables of a grid, in the order of its tasks."""
    return [_table(select(records, task=task)) for task in unique(r.task for r in records)]


def mean_number(records: Sequence[Record], absent: Cell = "") -> Cell:
    """The mean over seeds of one metric, with the widest interval; `absent` if there is none.

    Private numbers of an attacker whose sign is -1 are mirrored in the metric's range.
    """
    if not records:
        return absent
    metric = declared(records[0].metric)
    ends = []
    for r in records:
        end = (r.value, r.low, r.high)
        if r.sign < 0 and r.purpose == "private" and metric.shown == 1:
            value, low, high = (metric.lowest + metric.highest - number for number in end)
            end = (value, high, low)
        ends.append(end)
    value = sum(end[0] for end in ends) / len(ends)
    return Number(value, min(e[1] for e in ends), max(e[2] for e in ends), metric.unit)


def chance_number(records: Sequence[Record], absent: Cell = "") -> Cell:
    """The chance level of one question's records; `absent` without records."""
    if not records:
        return absent
    return Number(records[0].chance, unit=declared(records[0].metric).unit)


def _table(records: Sequence[Record]) -> Table:
    best: dict[tuple[str, str], int] = {}  # of each question the metric that is shown
    for r in records:
        if r.metric and (shown := declared(r.metric).shown):
            about = (r.purpose, r.target)
            best[about] = min(shown, best.get(about, shown))
    uneven = {about for about in _uneven(records) if best.get(about) == declared("top1").shown}
    records = [
        r
        for r in records
        if not r.metric
        or declared(r.metric).shown == best.get((r.purpose, r.target))
        or (r.metric == BALANCED and (r.purpose, r.target) in uneven)
    ]
    columns = unique(_columns(records))
    defenses = unique(record.defense for record in records)
    rows = [_row(defense, columns, records) for defense in defenses]
    rows.append(["chance", *(chance_number(select(c.of(records), chosen=1)) for c in columns)])
    return Table(title(records), ["defense", *(column.heading for column in columns)], rows)


def _uneven(records: Sequence[Record]) -> Iterator[tuple[str, str]]:
    """Purpose and target of questions where one class is a tenth more frequent than on average."""
    usual = {(r.purpose, r.target): r.chance for r in select(records, metric=BALANCED, status="ok")}
    for r in select(records, metric="top1", status="ok"):
        if r.chance > 1.1 * usual.get((r.purpose, r.target), 1.0):
            yield r.purpose, r.target


def _columns(records: Sequence[Record]) -> Iterator[Column]:
    """Utility, then each private target under each threat, then the headlines."""
    for purpose in ("utility", "private", "headline", "release"):
        for record in records:
            if record.purpose == purpose and (record.metric or record.status != "skipped"):
                threat = record.threat if purpose in ("utility", "private") else ""
                is_headline = purpose == "headline"
                form, cleaned = (record.form, record.cleaned) if is_headline else ("", 0)
                balanced = record.metric == BALANCED
                yield Column(purpose, record.target, threat, form, cleaned, balanced)


def _row(defense: str, columns: Sequence[Column], records: Sequence[Record]) -> list[Cell]:
    mine = select(records, defense=defense)
    marks = "".join(mark for name, mark in _MARKS.items() if name in mine[0].marks.split())
    name = f"{short(Defense, defense)} {marks}".strip()
    return [name, *(_cell(column.of(mine)) for column in columns)]


def _cell(records: Sequence[Record]) -> Cell:
    """The chosen records of all seeds as one number, or why there is none."""
    chosen, failed = select(records, chosen=1), bool(select(records, status="failed"))
    number = mean_number(chosen)
    if not isinstance(number, Number):
        reasons = [record.reason for record in records if record.reason and record.metric]
        return NotAvailable(reasons[0] if reasons else "", "failed" if failed else "n/a")
    if chosen[0].purpose != "headline":
        return number._replace(note="(incomplete)" if failed else "")
    attackers = unique(f"{Spec.parse(r.attacker).name} {r.threat}" for r in chosen)
    marks = [m for m in unique(" ".join(r.marks for r in chosen).split()) if m not in _MARKS]
    if failed and "incomplete" not in marks:  # of several seeds
        marks.append("incomplete")
    note = ", ".join(attackers) + (f" ({', '.join(marks)})" if marks else "")
    return number._replace(note=note)


def shown_form(form: str, cleaned: int) -> str:
    """The form of a release in words."""
    return "code" if form == "codes" else "picture, cleaned" if cleaned else "picture"


def title(records: Sequence[Record]) -> str:
    """The task with its data, protocol, numbers of pictures, people and fits, and a warning."""
    first = records[0]
    data = short(Dataset, first.data)
    n, n_people = (max(getattr(r, name) for r in records) for name in ("n", "n_people"))
    learned = f"; learned from {first.learned_from}" if first.learned_from else ""
    return (
        f"{_warning(records)}{first.task} ({data}; protocol {first.protocol}{learned}; probe: {n} "
        f"pictures of {n_people} people; {fits(records)})"
    )


def fits(records: Sequence[Record]) -> str:
    """The number of trainings of each defense in words."""
    n_fits = len(unique(record.seed for record in records))
    return f"{n_fits} fit{'s' if n_fits > 1 else ''}"


def _warning(records: Sequence[Record]) -> str:
    """That a table is about synthetic people, and how far these stand for photographs."""
    found = validities(records).values()
    if not found:
        return ""
    kind = "Harness demonstration" if any(map(demonstrates, found)) else "Synthetic people"
    return f"{kind} ({'; '.join(map(str, found))}): "


def unique(items: Iterable[H]) -> list[H]:
    """Each item once, in their order."""
    return list(dict.fromkeys(items))
