"""Defenses that show another class than the true one, under the three scenarios of their paper."""

from collections.abc import Iterator, Sequence

from bench.api import Defense
from bench.registry import brief, make
from bench.reports.records import Record
from bench.reports.table import Table, percent
from bench.spec import Spec

NOTE = (
    "Scenarios of Chen, Konrad, Ishwar (CVPR-W 2018): the attacker learns from raw pictures (I), "
    "from protected ones (II), or from codes, which it is also asked about (III). I is near chance "
    "by construction: its attacker names what it is shown, so how often it does, and how often it "
    "is right where another class is shown, stand beside it. II and III tell what leaks. Accuracy "
    "in % of the strongest attacker by validation rows, for the utility of the best judge, with "
    "95 % intervals over people; of several seeds the mean and the widest interval."
)
_NUMERALS = {"raw": "I", "aware": "II", "latent": "III"}
_METRICS = {  # of the private target, with what heads them
    "top1": "v {}",
    "names_imposed": "names what is shown",
    "top1_if_other": "v {} where another is shown",
    "pooled_10": "v {}, 10 pooled",
    "pooled_100": "v {}, 100 pooled",
}


def scenarios(records: Sequence[Record]) -> list[Table]:
    """A table for each task, private target and defense that says what it shows instead."""
    asked = dict.fromkeys(
        (record.task, record.target, record.defense)
        for record in records
        if record.metric == "names_imposed" and record.purpose == "private"
    )
    return [_table(records, *which) for which in asked]


def _table(records: Sequence[Record], task: str, target: str, defense: str) -> Table:
    here = [r for r in records if r.task == task and r.chosen]
    utilities = list(dict.fromkeys(r.target for r in here if r.purpose == "utility"))
    columns = [text.format(target) for text in _METRICS.values()]
    columns += [f"^ {utility}" for utility in utilities]
    mine = [r for r in here if r.defense == defense]
    wanted = [("private", target, metric) for metric in _METRICS]
    wanted += [("utility", utility, "top1") for utility in utilities]
    bare = [r for r in here if r.threat == "raw" and _bare(r.defense)]
    guess = ["random guess", *(_chance(bare, *which) for which in wanted)]
    rows = [_row("unconstrained", bare, wanted), guess]
    rows += [_row(name, found, wanted) for name, found in _by_scenario(mine)]
    name = brief(Defense, Spec.parse(defense))
    return Table(f"Scenarios: {name}: {task}", ["scenario", *columns], rows)


def _bare(defense: str) -> bool:
    return make(Defense, Spec.parse(defense)).changes_nothing


def _by_scenario(records: Sequence[Record]) -> Iterator[tuple[str, list[Record]]]:
    """The records of each threat, in the order of the paper."""
    threats = dict.fromkeys(r.threat for r in records if r.purpose in ("private", "utility"))
    for name, numeral in _NUMERALS.items():
        for threat in threats:
            if Spec.parse(threat).name == name:
                yield f"{numeral} ({threat})", [r for r in records if r.threat == threat]


def _row(name: str, records: Sequence[Record], wanted: Sequence[tuple[str, str, str]]) -> list[str]:
    return [name, *(percent(_of(records, *which), "n/a") for which in wanted)]


def _of(records: Sequence[Record], purpose: str, target: str, metric: str) -> list[Record]:
    about = (purpose, target, metric)
    return [r for r in records if (r.purpose, r.target, r.metric) == about]


def _chance(records: Sequence[Record], purpose: str, target: str, metric: str) -> str:
    found = _of(records, purpose, target, metric)
    return f"{100 * found[0].chance:.1f}" if found else "n/a"
