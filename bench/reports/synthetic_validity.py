"""Whether synthetic people order defenses as photographs do."""

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.registry import controls
from bench.reports.boards import read_records
from bench.reports.records import Record, select
from bench.spec import Spec

BOARD = "simple.csv"  # simple defenses attacked alike on both kinds of pictures
SYNTHETIC = "synthetic"  # the data set of people who do not exist
ENOUGH, HIGH = 5, 0.6  # defenses, and tau, from which synthetic tables stand for photographs


class SyntheticValidity(NamedTuple):
    """Kendall's tau between the orders of simple defenses on synthetic people and on photographs.

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


def synthetic_validity(target: str, protocol: str) -> SyntheticValidity:
    """Compares the orders by leakage; controls are left out, their places are known."""
    records = _records(Path(str(files("leaderboards").joinpath(BOARD))))
    about = {"target": target, "protocol": protocol, "form": "pixels", "status": "ok"}
    records = select(records, purpose="headline", metric="leakage", **about)
    records = [r for r in records if Spec.parse(r.defense).name not in controls()]
    synthetic = _leakages(r for r in records if Spec.parse(r.data).name == SYNTHETIC)
    photographs = _leakages(r for r in records if Spec.parse(r.data).name != SYNTHETIC)
    shared = sorted(synthetic.keys() & photographs.keys())
    if len(shared) < ENOUGH:
        return SyntheticValidity(float("nan"), len(shared))
    orders = [
        np.sign(np.subtract.outer(values, values))  # (n, n)
        for values in ([side[key] for key in shared] for side in (synthetic, photographs))
    ]
    first, second = orders
    tau = (first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum())
    return SyntheticValidity(float(tau), len(shared))


def demonstrates(found: SyntheticValidity) -> bool:
    """Whether a table of synthetic people demonstrates the harness and no more."""
    return not (found.n >= ENOUGH and found.tau >= HIGH)


@cache
def _records(path: Path) -> Sequence[Record]:
    """A board's records, read once: it does not change while a run reports."""
    return read_records(path)


def _leakages(records: Iterable[Record]) -> dict[str, float]:
    """Mean over seeds by defense."""
    found: dict[str, list[float]] = {}
    for record in records:
        found.setdefault(record.defense, []).append(record.value)
    return {defense: sum(values) / len(values) for defense, values in found.items()}
