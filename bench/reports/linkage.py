"""Which people a release can be linked to: its own, or those that the defense was trained on."""

from collections.abc import Sequence

from bench.api import Attacker, Defense
from bench.reports.records import Record, select, short
from bench.reports.tradeoff import chance_number, mean_number
from bench.spec import Spec
from bench.tables import Cell, NotAvailable, Table

NOTE = (
    "Rank 1 in %, by the code: of the raw picture, or computed from the release with the defense's "
    "own encoder. The heading gives the people in the gallery. It holds the very picture that was "
    "protected and one of everybody else, or only other pictures. With 95 % intervals over people."
)
MEMORY_NOTE = (
    "The most similar real picture (by the correlation of small grey pictures) of each release is "
    "searched among the training pictures of the defense and those of as many people (or takes) "
    "that were held out. How often it is a training picture, in %, with 95 % intervals over the "
    "people who are nearest. A defense whose interval lies above 50 reveals its training pictures."
)
_COLUMNS = {  # threat and metric, with their heading
    ("reencode", "same_picture_of_"): "release, same picture of {}",
    ("reencode", "rank1_of_"): "release, other pictures of {}",
    ("latent", "rank1_of_"): "raw, other pictures of {}",
}


def memorization(records: Sequence[Record]) -> list[Table]:
    """A table for each task with a defense that learns."""
    found, tables = select(records, metric="memorised", status="ok"), []
    for task in dict.fromkeys(r.task for r in found):
        mine = select(found, task=task)
        names = dict.fromkeys(r.defense for r in mine)
        rows = [[short(Defense, name), mean_number(select(mine, defense=name))] for name in names]
        tables.append(Table(f"Memorised: {task}", ["defense", "nearest was trained on"], rows))
    return tables


def linkage(records: Sequence[Record]) -> list[Table]:
    """A table for each task in which matchers encode releases."""
    asked = select(records, purpose="private", target="identity")
    tasks = dict.fromkeys(r.task for r in asked if r.metric.startswith("same_picture_of_"))
    return [_table(task, select(asked, task=task)) for task in tasks]


def _table(task: str, records: Sequence[Record]) -> Table:
    threats = dict.fromkeys(r.threat for r in records)
    columns = [
        (threat, metric, _heading(heading, threat, metric))
        for (name, prefix), heading in _COLUMNS.items()
        for threat in threats
        if Spec.parse(threat).name == name
        for metric in dict.fromkeys(r.metric for r in records if r.metric.startswith(prefix))
    ]
    known = select(records, status="ok")
    chances = [chance_number(select(known, metric=metric)) for _, metric, _ in columns]
    chance: list[Cell] = ["chance", "", *chances]
    rows = []
    for defense, attacker in dict.fromkeys((r.defense, r.attacker) for r in records):
        mine = select(known, defense=defense, attacker=attacker)
        found = [select(mine, threat=threat, metric=metric) for threat, metric, _ in columns]
        if any(found):
            numbers = [mean_number(one, NotAvailable()) for one in found]
            rows.append([short(Defense, defense), short(Attacker, attacker), *numbers])
    headings = ["defense", "attacker", *(heading for *_, heading in columns)]
    return Table(f"Linkage: {task}", headings, [*rows, chance])


def _heading(heading: str, threat: str, metric: str) -> str:
    text, fields = heading.format(metric.rpartition("_")[2]), threat.partition(":")[2]
    return f"{text} ({fields})" if fields else text
