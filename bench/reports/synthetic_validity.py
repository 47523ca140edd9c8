"""Whether synthetic people order defenses as photographs do."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from math import nan
from pathlib import Path
from typing import NamedTuple

from scipy.stats import kendalltau

from bench.registry import controls
from bench.reports.boards import read_records
from bench.reports.records import Record, select
from bench.spec import Spec

BOARD = "simple.csv"  # the same defenses, attacked alike on both kinds of pictures
LEARNED = "learned"  # first word of the tasks about defenses that were trained on each
SYNTHETIC = "synthetic"  # the data set of people who do not exist
ENOUGH, HIGH = 5, 0.6  # defenses, and tau, from which synthetic tables stand for photographs


_records = cache(read_records)  # a board does not change while a run reports


class SyntheticValidity(NamedTuple):
    """Kendall's tau between the orders of defenses on synthetic people and on photographs."""

    tau: float  # -1..1, of simple defenses; nan if there are too few
    n: int  # defenses
    learned_tau: float = nan  # of those trained on each kind of pictures
    n_learned: int = 0

    def __str__(self) -> str:
        if self.n < ENOUGH:
            return f"{BOARD} has {self.n} such defenses on photographs too, too few to compare"
        learned = f", of {self.n_learned} learned ones {self.learned_tau:.2f}"
        return (
            f"Kendall's tau of {self.n} simple defenses with their order on photographs is "
            f"{self.tau:.2f}{learned if self.n_learned >= ENOUGH else ''}"
        )


def validities(records: Sequence[Record]) -> Mapping[tuple[str, str], SyntheticValidity]:
    """How far the synthetic people of records stand for photographs, by target and protocol."""
    found = [r for r in records if Spec.parse(r.data).name == SYNTHETIC]
    asked = dict.fromkeys((r.target, r.protocol) for r in select(found, purpose="private"))
    return {about: synthetic_validity(*about) for about in asked}


def synthetic_validity(target: str, protocol: str) -> SyntheticValidity:
    """Compares the orders by leakage; controls are left out, their places are known."""
    records = _records(Path(str(files("leaderboards").joinpath(BOARD))))
    about = {"target": target, "protocol": protocol, "form": "pixels", "status": "ok"}
    records = select(records, purpose="headline", metric="leakage", **about)
    records = [r for r in records if Spec.parse(r.defense).name not in controls()]
    learned = [r for r in records if r.task.startswith(LEARNED)]
    simple = [r for r in records if not r.task.startswith(LEARNED)]
    return SyntheticValidity(*_tau(simple), *_tau(learned))


def _tau(records: Sequence[Record]) -> tuple[float, int]:
    """Kendall's tau-b, and the number of defenses; nan of too few."""
    synthetic = _leakages(r for r in records if Spec.parse(r.data).name == SYNTHETIC)
    photographs = _leakages(r for r in records if Spec.parse(r.data).name != SYNTHETIC)
    shared = sorted(synthetic.keys() & photographs.keys())
    if len(shared) < ENOUGH:
        return nan, len(shared)
    orders = ([side[key] for key in shared] for side in (synthetic, photographs))
    return float(kendalltau(*orders).statistic), len(shared)


def demonstrates(found: SyntheticValidity) -> bool:
    """Whether a table of synthetic people demonstrates the harness and no more."""
    return not (found.n >= ENOUGH and found.tau >= HIGH)


def _leakages(records: Iterable[Record]) -> dict[str, float]:
    """Mean over seeds by defense."""
    found: dict[str, list[float]] = {}
    for record in records:
        found.setdefault(record.defense, []).append(record.value)
    return {defense: sum(values) / len(values) for defense, values in found.items()}
