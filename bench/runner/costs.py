"""Expected seconds of stages: from what a store has run, else from a shipped table."""

import csv
import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bench.runner.store import Store

SHIPPED = Path(__file__).with_name("costs.csv")  # of `bench run`, on one core
_FILE = "costs.jsonl"  # in the store: a line per stage that it made
_TRAINS = ("fit", "attack")  # for the steps or epochs that its fields name


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
                    asked_work = _work(asked, kind)
                    return seconds / work * asked_work if work and asked_work else seconds / n
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
    tells = bool(re.search(r"\b(steps|epochs)=", plugin))  # how long it trains
    return (action, plugin, cost.size), (action, plugin), (action, name, tells), (action,)


def _work(cost: Cost, kind: tuple[object, ...]) -> float:
    """What the seconds are in proportion to, among costs of a kind."""
    pictures, pixels = cost.size
    learns = cost.action in _TRAINS and len(kind) > 1
    return pixels * (_learning(cost.plugin, pictures) if learns else pictures)


def _learning(plugin: str, n_pictures: int) -> float:
    """Pictures that a training takes, each as often as it does, by the usual names of fields.

    Times the width and the side of its kernels to the power of 1.5: of PPRL-VGAN's time, measured
    from 64 px to the paper's size, it is 1.5; of BEGAN-CS's, from 32 px to 64, less than 1.
    """
    fields = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)(?=,|$)", plugin)}
    batch, epochs = max(1, fields.get("batch", 1)), fields.get("epochs", 0)
    n_steps = epochs or fields.get("steps", 1)
    n_steps += fields.get("warmup", 0) + fields.get("rebuild", 0)
    if epochs:
        n_steps *= fields.get("iterations") or max(1, n_pictures // batch)
    size = fields.get("width", 1) * fields.get("kernel", 1)
    return n_steps * batch * math.pow(size, 1.5)


def _sums(costs: Iterable[Cost]) -> dict[tuple[object, ...], tuple[int, float, float]]:
    """Number, seconds and work of the costs of each kind, on the kind of device of its last."""
    sums: dict[tuple[object, ...], tuple[int, float, float]] = {}
    devices: dict[tuple[object, ...], str] = {}
    for cost in costs:
        device = cost.device.partition(":")[0]
        for kind in _kinds(cost):
            same = devices.get(kind) == device
            n, seconds, work = sums[kind] if same else (0, 0.0, 0.0)
            sums[kind] = (n + 1, seconds + cost.seconds, work + _work(cost, kind))
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
