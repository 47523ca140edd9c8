"""Every judge before every defense: what papers print, and what the headline's maximum hides."""

from collections.abc import Iterator, Sequence

from bench.api import Attacker, Dataset, Defense
from bench.registry import brief
from bench.reports.records import Record
from bench.reports.table import Table, percent
from bench.spec import Spec

# Rates that are printed, in %, with what they are called.
METRICS = {
    "eer": "EER",
    "tmr_at_fmr_10%": "TMR at FMR 10 %",
    "tmr_at_fmr_10%_same_gender": "TMR at FMR 10 %, pairs of one gender",
    "tmr_at_fmr_1%": "TMR at FMR 1 %",
    "tmr_at_fmr_1%_same_gender": "TMR at FMR 1 %, pairs of one gender",
}


def judges(records: Sequence[Record]) -> list[Table]:
    """One table per rate and target: data set, judge and threat as rows, defenses as columns.

    Error above 50 % is an answer that is better inverted: nothing is hidden by it.
    """
    asked = [r for r in records if r.purpose in ("private", "utility") and r.status == "ok"]
    keys = dict.fromkeys((r.target, r.metric) for r in asked if r.metric in METRICS)
    order = list(METRICS)
    return [
        _table(target, metric, [r for r in asked if (r.target, r.metric) == (target, metric)])
        for target, metric in sorted(keys, key=lambda key: (key[0], order.index(key[1])))
    ]


def _table(target: str, metric: str, records: Sequence[Record]) -> Table:
    defenses = list(dict.fromkeys(r.defense for r in records))
    lines: dict[tuple[str, str, str], dict[str, list[Record]]] = {}
    for r in records:
        line = lines.setdefault((r.data, r.attacker, r.threat), {})
        line.setdefault(r.defense, []).append(r)
    names = [str(brief(Defense, Spec.parse(defense))) for defense in defenses]
    rows = [
        [*_named(*key), *(percent(line.get(defense, ()), "") for defense in defenses)]
        for key, line in lines.items()
    ]
    title = f"{METRICS[metric]} of {target}, % [95 % interval]"
    return Table(title, ["data", "judge", "threat", *names], rows)


def _named(data: str, attacker: str, threat: str) -> Iterator[str]:
    yield str(brief(Dataset, Spec.parse(data)))
    yield str(brief(Attacker, Spec.parse(attacker)))
    yield threat
