"""Numbers by group of people: whom each defense protects or serves less than others."""

from collections.abc import Sequence

from bench.api import Attacker, Defense
from bench.metrics.fairness import LABELS
from bench.reports.records import Record, select, short
from bench.reports.tradeoff import mean_number, unique
from bench.tables import NotAvailable, Table

NOTE = (
    "Of the strongest attacker, or the best judge of utility: the share right in each group "
    "(accuracy; of matchers AUC, each group against everybody) with 95 % intervals, and the "
    "largest gap between two groups of a label, whose interval allows for the choice; chance 0. "
    "A gap whose interval holds 0 may be chance."
)
WORST_NOTE = "Of the best judge: the tenth of people whose pictures it reads worst, and everybody."


def fairness(records: Sequence[Record]) -> list[Table]:
    """A table for each task and target, with groups as columns."""
    asked = [r for r in select(records, chosen=1) if r.metric.startswith(("gap_", "right_"))]
    which = unique((r.task, r.purpose, r.target) for r in asked)
    return [
        _table(*one, select(asked, task=one[0], purpose=one[1], target=one[2]))
        for one in which
        if one[1] in ("private", "utility")
    ]


def _table(task: str, purpose: str, target: str, records: Sequence[Record]) -> Table:
    names = unique(r.metric for r in records if r.metric.startswith("right_"))
    names += [name for label in LABELS if select(records, metric=(name := f"gap_{label}"))]
    rows = [
        [
            *(short(Defense, defense), f"{short(Attacker, attacker)} {threat}"),
            *(mean_number(select(found, metric=name), NotAvailable()) for name in names),
        ]
        for defense, attacker, threat in unique((r.defense, r.attacker, r.threat) for r in records)
        if (found := _of(records, defense, attacker, threat))
    ]
    headings = [name.removeprefix("right_").replace("gap_", "v gap, ") for name in names]
    use = "keeps" if purpose == "utility" else "hides"
    return Table(f"By group: {task}: {use} {target}, %", ["defense", "by", *headings], rows)


def _of(records: Sequence[Record], defense: str, attacker: str, threat: str) -> list[Record]:
    return select(records, defense=defense, attacker=attacker, threat=threat, status="ok")


def worst_tenth(records: Sequence[Record]) -> list[Table]:
    """A table for each task: what judges get right on average, and of the worst tenth of people."""
    chosen = select(records, purpose="utility", chosen=1, status="ok")
    asked = select(chosen, metric="worst_decile")
    found = []
    for task in unique(r.task for r in asked):
        rows = []
        for target, *about in unique(
            (r.target, r.defense, r.attacker, r.threat) for r in select(asked, task=task)
        ):
            mine = _of(select(chosen, task=task, target=target), *about)
            both = (mean_number(select(mine, metric=m)) for m in ("top1", "worst_decile"))
            defense, attacker, threat = about
            rows.append(
                [short(Defense, defense), target, f"{short(Attacker, attacker)} {threat}", *both]
            )
        columns = ["defense", "label", "by", "right on average, %", "worst tenth, %"]
        found.append(Table(f"Worst-served tenth of people: {task}", columns, rows))
    return found
