"""Error rates of every attacker on every defense; the headlines show only the strongest one."""

from collections.abc import Sequence

from bench.api import Attacker, Dataset, Defense
from bench.metrics.declared import declared
from bench.reports.records import Record, select, short
from bench.reports.tradeoff import mean_number
from bench.tables import Cell, NotAvailable, Table

_TMR = (f"tmr_at_fmr_{fmr}%{pairs}" for fmr in (10, 1) for pairs in ("", "_same_gender"))
METRICS = ("top1", "balanced_accuracy", "rank1", "correlation", "eer", *_TMR)  # that are printed


def judges(records: Sequence[Record]) -> list[Table]:
    """One table per rate and target: data set, attacker and threat as rows, defenses as columns.

    An error above 50 % hides nothing: the inverted answers are right more often.
    """
    asked = [r for r in records if r.purpose in ("private", "utility")]
    known = [r for r in asked if r.metric in METRICS and r.status == "ok"]
    keys = dict.fromkeys((r.target, r.metric) for r in known)
    return [
        _table(target, metric, select(asked, target=target))
        for target, metric in sorted(keys, key=lambda key: (key[0], METRICS.index(key[1])))
    ]


def _table(target: str, metric: str, records: Sequence[Record]) -> Table:
    """Of one target's records; rows that have the metric for no defense are left out."""
    defenses = list(dict.fromkeys(r.defense for r in records))
    lines: dict[tuple[str, str, str], list[Record]] = {}
    for r in records:
        if r.metric in ("", metric):  # without a metric: a cell without answers
            lines.setdefault((r.data, r.attacker, r.threat), []).append(r)
    rows = []
    for (data, attacker, threat), line in lines.items():
        if select(line, metric=metric):
            numbers = [_cell(select(line, defense=defense)) for defense in defenses]
            rows.append([short(Dataset, data), short(Attacker, attacker), threat, *numbers])
    unit = ", %" if declared(metric).unit == "percent" else ""
    title = f"{declared(metric).title} of {target}{unit} [95 % interval]"
    names = [short(Defense, defense) for defense in defenses]
    return Table(title, ["data", "judge", "threat", *names], rows)


def _cell(records: Sequence[Record]) -> Cell:
    """One metric of a judge on a defense, or why there is none."""
    if known := select(records, status="ok"):
        return mean_number(known)
    reason = next((r.reason for r in records if r.reason), "")
    failed = bool(select(records, status="failed"))
    return NotAvailable(reason, "failed" if failed else "n/a")
