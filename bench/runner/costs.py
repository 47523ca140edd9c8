"""Expected seconds of stages: from what a store has run, else from a shipped table."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bench.runner.store import Store

SHIPPED = Path(__file__).with_name("costs.csv")  # of `bench run`, on one core
_FILE = "costs.jsonl"  # in the store: a line per stage that it made


_TRAINS = ("fit", "attack")  # for a number of steps, however many pictures there are


class Size(NamedTuple):
    """Of a stage's data set; 0 if not known."""

    pictures: int = 0
    pixels: int = 0  # of each


class Cost(NamedTuple):
    """What a stage cost."""

    action: str
    plugin: str  # with its fields
    size: Size
    seconds: float
    device: str = "cpu"
    memory_mb: int = 0  # peak of the process, which may have run other stages before

    @property
    def work(self) -> int:
        """What the seconds are in proportion to, between data sets."""
        return self.size.pixels * (1 if self.action in _TRAINS else self.size.pictures)


class Costs:
    """What stages of the same plugin and size have cost, or of similar ones.

    Costs on another kind of device than that of the last such stage are ignored.
    """

    def __init__(self, store: Path) -> None:
        own = list(_read(store / _FILE))
        with SHIPPED.open(newline="") as file:
            shipped = [
                Cost(action, plugin, Size(int(pictures), int(pixels)), float(seconds))
                for action, plugin, pictures, pixels, seconds in list(csv.reader(file))[1:]
            ]
        self._tables = [_sums(own), _sums(shipped)]
        self._memory_mb: dict[tuple[object, ...], int] = {}
        for cost in own:
            if cost.memory_mb:  # earlier versions did not note it
                known = self._memory_mb.get(cost[:3], cost.memory_mb)
                self._memory_mb[cost[:3]] = min(known, cost.memory_mb)

    def expected(self, action: str, plugin: str, size: Size) -> float:
        """Seconds; in proportion to the work where that differs."""
        asked = Cost(action, plugin, size, 0.0)
        for kind in _kinds(asked):
            for table in self._tables:
                if kind in table:
                    n, seconds, work = table[kind]
                    return seconds / work * asked.work if work and asked.work else seconds / n
        return 1.0

    def memory_mb(self, action: str, plugin: str, size: Size) -> int:
        """What the process of an equal stage needed, in MB; 0 if that is not known."""
        return self._memory_mb.get((action, plugin, size), 0)


def note(store: Store, cost: Cost) -> None:
    """Adds a line to the costs of the store: one write, so that processes do not mix lines."""
    with (store.root / _FILE).open("a") as file:
        file.write(json.dumps(cost) + "\n")


def _kinds(cost: Cost) -> tuple[tuple[object, ...], ...]:
    """What a cost is an example of, from the most to the least similar."""
    action, plugin = cost.action, cost.plugin
    name = plugin.partition(":")[0].partition("@")[0]
    return (action, plugin, cost.size), (action, plugin), (action, name, ""), (action,)


def _sums(costs: Iterable[Cost]) -> dict[tuple[object, ...], tuple[int, float, int]]:
    """Number, seconds and work of the costs of each kind, on the kind of device of its last."""
    sums: dict[tuple[object, ...], tuple[int, float, int]] = {}
    devices: dict[tuple[object, ...], str] = {}
    for cost in costs:
        device = cost.device.partition(":")[0]
        for kind in _kinds(cost):
            same = devices.get(kind) == device
            n, seconds, work = sums[kind] if same else (0, 0.0, 0)
            sums[kind] = (n + 1, seconds + cost.seconds, work + cost.work)
            devices[kind] = device
    return sums


def _read(path: Path) -> Iterator[Cost]:
    """The costs in a file; lines that a killed process left unfinished are skipped."""
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            action, plugin, size, *rest = json.loads(line)
            yield Cost(action, plugin, Size(*size), *rest)
        except (ValueError, TypeError):
            continue
