"""Whether drawn people order defenses as photographs do."""

import csv
import io
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import NamedTuple

from bench.registry import controls
from bench.spec import Spec

BOARD = "simple.csv"  # simple defenses before the same judges on both, which comes with the suite
DRAWN = "synthetic"  # the data set of people who do not exist
ENOUGH, HIGH = 5, 0.6  # defenses, and tau, from which synthetic tables stand for photographs


class Agreement(NamedTuple):
    """Kendall's tau between the orders of the simple defenses on drawn people and on photographs.

    Attributes:
        tau: -1..1; nan if there are too few.
        n: defenses.
    """

    tau: float
    n: int

    def __str__(self) -> str:
        if self.n < ENOUGH:
            return f"{BOARD} has {self.n} such defenses on photographs too, too few to compare"
        return (
            f"Kendall's tau of {self.n} simple defenses with their order on photographs is "
            f"{self.tau:.2f}"
        )


def agreement(target: str, protocol: str) -> Agreement:
    """How the order by leakage of drawn people goes together with that of photographs.

    Controls are left out: their places are known.

    Args:
        target: what is hidden.
        protocol: who is asked about.
    """
    text = files("leaderboards").joinpath(BOARD).read_text(encoding="utf-8")
    drawn, photographs = _leakages(csv.DictReader(io.StringIO(text)), target, protocol)
    shared = sorted(drawn.keys() & photographs.keys())
    if len(shared) < ENOUGH:
        return Agreement(float("nan"), len(shared))
    from scipy import stats  # here: it is slow to import

    found = stats.kendalltau([drawn[key] for key in shared], [photographs[key] for key in shared])
    return Agreement(float(found.statistic), len(shared))


def demonstrates(found: Agreement) -> bool:
    """Whether a table of drawn people demonstrates the harness and no more."""
    return not (found.n >= ENOUGH and found.tau >= HIGH)


def _leakages(
    lines: Iterable[Mapping[str, str]], target: str, protocol: str
) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Mean over seeds by defense: of drawn people, and of photographs."""
    found: tuple[dict[str, list[float]], dict[str, list[float]]] = ({}, {})
    wanted = ("headline", "leakage", "pixels", "ok", target, protocol)
    for line in lines:
        asked = ("purpose", "metric", "form", "status", "target", "protocol")
        if tuple(line[name] for name in asked) != wanted:
            continue
        if Spec.parse(line["defense"]).name not in controls():
            real = Spec.parse(line["data"]).name != DRAWN
            found[real].setdefault(line["defense"], []).append(float(line["value"]))
    drawn, photographs = ({k: sum(v) / len(v) for k, v in each.items()} for each in found)
    return drawn, photographs
