"""Error rates of every attacker on every defense; the headlines show only the strongest one."""

from collections.abc import Sequence

from bench.api import Attacker, Dataset, Defense
from bench.metrics.declared import declared
from bench.reports.records import Record, select, short
from bench.reports.tradeoff import mean_number
from bench.tables import Table

METRICS = (  # that are printed
    "eer",
    "tmr_at_fmr_10%",
    "tmr_at_fmr_10%_same_gender",
    "tmr_at_fmr_1%",
    "tmr_at_fmr_1%_same_gender",
)


def judges(records: Sequence[Record]) -> list[Table]:
    """One table per rate and target: data set, attacker and threat as rows, defenses as columns.

    An error above 50 % hides nothing: the inverted answers are right more often.
    """
    asked = [r for r in records if r.purpose in ("private", "utility") and r.status == "ok"]
    keys = dict.fromkeys((r.target, r.metric) for r in asked if r.metric in METRICS)
    return [
        _table(target, metric, select(asked, target=target, metric=metric))
        for target, metric in sorted(keys, key=lambda key: (key[0], METRICS.index(key[1])))
    ]


def _table(target: str, metric: str, records: Sequence[Record]) -> Table:
    defenses = list(dict.fromkeys(r.defense for r in records))
    lines: dict[tuple[str, str, str], dict[str, list[Record]]] = {}
    for r in records:
        line = lines.setdefault((r.data, r.attacker, r.threat), {})
        line.setdefault(r.defense, []).append(r)
    rows = []
    for (data, attacker, threat), line in lines.items():
        numbers = [mean_number(line.get(defense, ())) for defense in defenses]
        rows.append([short(Dataset, data), short(Attacker, attacker), threat, *numbers])
    title = f"{declared(metric).title} of {target}, % [95 % interval]"
    names = [short(Defense, defense) for defense in defenses]
    return Table(title, ["data", "judge", "threat", *names], rows)
