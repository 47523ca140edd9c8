"""CMC curves: how often an attacker has a person among its k likeliest."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.metrics.identification import cmc
from bench.reports.results import Result
from bench.reports.roc import Curve, curves, write_curves

AXES = ("rank", "pictures identified up to this rank, %")


def cmcs(results: Iterable[Result]) -> Iterator[Curve]:
    """Ranks and the share identified at each, of all answers about identity."""
    return curves((result for result in results if result.cell.target == "identity"), cmc)


def write_cmc(found: Iterable[Curve], path: Path) -> None:
    """cmc.csv: a line per rank of a curve."""
    write_curves(found, path, ("rank", "identified"))
