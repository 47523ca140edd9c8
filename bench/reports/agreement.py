"""Whether drawn people order defenses as photographs do."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple

from bench.registry import controls
from bench.reports.records import Record
from bench.spec import Spec

BOARD = "lfw.csv"  # the photographs' board, which comes with the suite
FEWEST = 3  # defenses on both; fewer have no order to speak of
ENOUGH, HIGH = 5, 0.6  # defenses, and tau, from which synthetic tables stand for photographs


class Agreement(NamedTuple):
    """Kendall's tau between the orders of the defenses that two boards share.

    Attributes:
        tau: -1..1; nan if there are too few.
        n: defenses.
    """

    tau: float
    n: int

    def __str__(self) -> str:
        if self.n < FEWEST:
            return f"{self.n} defenses also stand on {BOARD}, too few to compare orders"
        return f"Kendall's tau with the order on {BOARD} is {self.tau:.2f}, of {self.n} defenses"


def agreement(records: Sequence[Record], private: Iterable[str]) -> Agreement:
    """How the order by leakage of pictures goes together with that on the photographs' board.

    Controls are left out: their places are known.

    Args:
        records: of one task.
        private: what it hides.
    """
    mine = _leakages([record._asdict() for record in records])
    text = files("leaderboards").joinpath(BOARD).read_text(encoding="utf-8")
    theirs = _leakages(csv.DictReader(io.StringIO(text)))
    shared = sorted(key for key in mine.keys() & theirs.keys() if key[0] in set(private))
    if len(shared) < FEWEST:
        return Agreement(float("nan"), len(shared))
    from scipy import stats  # here: it is slow to import

    found = stats.kendalltau([mine[key] for key in shared], [theirs[key] for key in shared])
    return Agreement(float(found.statistic), len(shared))


def demonstrates(found: Agreement) -> bool:
    """Whether a table of drawn people demonstrates the harness and no more."""
    return not (found.n >= ENOUGH and found.tau >= HIGH)


def _leakages(lines: Iterable[Mapping[str, object]]) -> Mapping[tuple[str, str], float]:
    """Mean over seeds by target and defense."""
    found: dict[tuple[str, str], list[float]] = {}
    for line in lines:
        asked = (line["purpose"], line["metric"], line["form"], line["status"])
        defense = str(line["defense"])
        control = Spec.parse(defense).name in controls()
        if asked == ("headline", "leakage", "pixels", "ok") and not control:
            key = str(line["target"]), defense
            found.setdefault(key, []).append(float(str(line["value"])))
    return {key: sum(values) / len(values) for key, values in found.items()}
