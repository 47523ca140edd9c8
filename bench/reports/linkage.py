"""Which people a release can be linked to: its own, or those that the defense was trained on."""

from collections.abc import Sequence

from bench.api import Attacker, Defense
from bench.reports.records import Record, short
from bench.reports.tradeoff import mean_number
from bench.spec import Spec
from bench.tables import Cell, NotAvailable, Number, Table

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
    found: dict[str, dict[str, list[Record]]] = {}
    for r in records:
        if r.metric == "memorised" and r.status == "ok":
            found.setdefault(r.task, {}).setdefault(r.defense, []).append(r)
    return [
        Table(
            f"Memorised: {task}",
            ["defense", "nearest was trained on"],
            [[short(Defense, name), mean_number(of)] for name, of in mine.items()],
        )
        for task, mine in found.items()
    ]


def linkage(records: Sequence[Record]) -> list[Table]:
    """A table for each task in which matchers encode releases."""
    asked = [r for r in records if (r.purpose, r.target) == ("private", "identity")]
    tasks = dict.fromkeys(r.task for r in asked if r.metric.startswith("same_picture_of_"))
    return [_table(task, [r for r in asked if r.task == task]) for task in tasks]


def _table(task: str, records: Sequence[Record]) -> Table:
    threats = dict.fromkeys(r.threat for r in records)
    columns = [
        (threat, metric, _heading(heading, threat, metric))
        for (name, prefix), heading in _COLUMNS.items()
        for threat in threats
        if Spec.parse(threat).name == name
        for metric in dict.fromkeys(r.metric for r in records if r.metric.startswith(prefix))
    ]
    chance: list[Cell] = ["chance", "", *(_chance(records, metric) for _, metric, _ in columns)]
    rows = []
    for defense, attacker in dict.fromkeys((r.defense, r.attacker) for r in records):
        mine = [r for r in records if (r.defense, r.attacker) == (defense, attacker)]
        found = [_of(mine, threat, metric) for threat, metric, _ in columns]
        if any(found):
            numbers = [mean_number(one, NotAvailable()) for one in found]
            rows.append([short(Defense, defense), short(Attacker, attacker), *numbers])
    headings = ["defense", "attacker", *(heading for *_, heading in columns)]
    return Table(f"Linkage: {task}", headings, [*rows, chance])


def _heading(heading: str, threat: str, metric: str) -> str:
    text, fields = heading.format(metric.rpartition("_")[2]), threat.partition(":")[2]
    return f"{text} ({fields})" if fields else text


def _of(records: Sequence[Record], threat: str, metric: str) -> list[Record]:
    return [r for r in records if (r.threat, r.metric, r.status) == (threat, metric, "ok")]


def _chance(records: Sequence[Record], metric: str) -> Cell:
    known = [r.chance for r in records if (r.metric, r.status) == (metric, "ok")]
    return Number(known[0]) if known else ""
