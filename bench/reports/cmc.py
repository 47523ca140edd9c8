"""CMC curves: how often an attacker has a person among its k likeliest."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.metrics.cmc import cmc
from bench.reports.results import Result
from bench.reports.roc import titles
from bench.tables import write_rows

AXES = ("rank, as a share of the people", "share of pictures identified")


class Cmc(NamedTuple):
    """The share identified at each rank, see `bench.reports.roc.Curve`; the last rank is of all."""

    panel: str
    name: str
    seed: int
    ranks: Sequence[int]
    identified: Sequence[float]

    @property
    def points(self) -> tuple[Sequence[float], Sequence[float]]:
        """Rank over people, and the share identified."""
        return [rank / self.ranks[-1] for rank in self.ranks], self.identified


def cmcs(results: Sequence[Result]) -> Iterator[Cmc]:
    """The curves of all answers about identity."""
    for result in results:
        cell = result.cell
        asked = cell.purpose in ("private", "utility") and cell.target == "identity"
        if result.probe is None or not asked:
            continue
        try:
            yield Cmc(*titles(result), *result.figures(cmc, result.probe))
        except ValueError:  # no probe picture shows an enrolled person
            continue


def write_cmc(curves: Sequence[Cmc], path: Path) -> None:
    """cmc.csv: a line per rank of a curve."""
    lines = (
        (curve.panel, curve.name, curve.seed, rank, f"{share:.6g}")
        for curve in curves
        for rank, share in zip(curve.ranks, curve.identified, strict=True)
    )
    write_rows(path, ("panel", "defense", "seed", "rank", "identified"), lines)
