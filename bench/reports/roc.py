"""ROC curves of answers about two classes and of matchers."""

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from bench.api import Attacker, Defense
from bench.metrics.roc import FMR, true_match_rates
from bench.registry import brief, spec_of
from bench.reports.figures import Figures
from bench.reports.panels import Line, panels
from bench.reports.records import without_path
from bench.reports.results import Result

AXES = ("false positive or match rate", "true positive or match rate")


class Curve(Protocol):
    """A curve of an attack (the panel) on a defense (the name)."""

    @property
    def panel(self) -> str:
        """Task, target, attacker and threat."""

    @property
    def name(self) -> str:
        """The defense."""

    @property
    def points(self) -> tuple[Sequence[float], Sequence[float]]:
        """X and y, 0..1."""


class Roc(NamedTuple):
    """The TMR at each of FMR, see `Curve`."""

    panel: str
    name: str
    seed: int
    tmr: Sequence[float]

    @property
    def points(self) -> tuple[Sequence[float], Sequence[float]]:
        """FMR and TMR."""
        return FMR.tolist(), self.tmr


def rocs(results: Sequence[Result]) -> Iterator[Roc]:
    """The curves of all answers about two classes and of all matchers."""
    for result in results:
        if result.probe is None or result.cell.purpose not in ("private", "utility"):
            continue
        try:
            tmr = result.figures(true_match_rates, result.probe)
        except ValueError:  # not two classes, or one kind of pair is missing: there is no curve
            continue
        yield Roc(*titles(result), tmr)


def titles(result: Result) -> tuple[str, str, int]:
    """The panel, name and seed of a result's curve."""
    cell = result.cell
    attacker = brief(Attacker, spec_of(cell.attacker))
    panel = f"{cell.task}: {cell.target} by {attacker}, {cell.threat_spec}"
    return panel, str(brief(Defense, without_path(cell.defense))), cell.seed


def draw(
    found: Sequence[Curve], path: Path, figures: Figures, axes: tuple[str, str] = AXES
) -> None:
    """A PNG with a panel per attacker and threat; of several seeds the first is drawn."""
    lines: dict[str, dict[str, Line]] = {}
    for curve in found:
        lines.setdefault(curve.panel, {}).setdefault(curve.name, (curve.name, *curve.points))
    curves = [(title, list(named.values())) for title, named in lines.items()]
    path.write_bytes(base64.b64decode(figures(panels, axes, curves)))
