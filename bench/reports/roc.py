"""Curves of attacks: ROC curves of two classes and of matchers; CMC curves are in cmc.py."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.answers import AnyAnswers
from bench.api import Attacker, Defense
from bench.metrics.verification import roc
from bench.registry import brief, spec_of
from bench.reports.drawing import write_drawn
from bench.reports.figures import Figures
from bench.reports.panels import Line, Panel, panels
from bench.reports.records import without_path
from bench.reports.results import Result
from bench.tables import inert, write_rows

AXES = ("false positive or match rate, %", "true positive or match rate, %")


class Curve(NamedTuple):
    """A curve of an attack on a defense."""

    panel: str  # the attack: task, target, attacker and threat
    name: str  # the defense
    seed: int
    x: Sequence[float]  # of its points
    y: Sequence[float]


def rocs(results: Iterable[Result]) -> Iterator[Curve]:
    """FMR and TMR of all answers about two classes and of all matchers."""
    return curves(results, roc)


def curves(
    results: Iterable[Result],
    compute: Callable[[AnyAnswers], tuple[Sequence[float], Sequence[float]]],
) -> Iterator[Curve]:
    """The curve of each attack; `compute` gives x and y of answers, or raises a ValueError."""
    for result in results:
        cell = result.cell
        if result.probe is None or cell.purpose not in ("private", "utility"):
            continue
        try:
            x, y = result.figures(compute, result.probe)
        except ValueError:  # such answers have no curve
            continue
        attacker = brief(Attacker, spec_of(cell.attacker))
        panel = f"{cell.task}: {cell.target} by {attacker}, {cell.threat_spec}"
        yield Curve(panel, str(brief(Defense, without_path(cell.defense))), cell.seed, x, y)


def write_curves(found: Iterable[Curve], path: Path, names: tuple[str, str]) -> None:
    """A CSV with a line per point; `names` are the columns of x and y."""
    lines = (
        (inert(curve.panel), inert(curve.name), curve.seed, f"{x:.6g}", f"{y:.6g}")
        for curve in found
        for x, y in zip(curve.x, curve.y, strict=True)
    )
    write_rows(path, ("panel", "defense", "seed", *names), lines)


def draw(
    found: Iterable[Curve], path: Path, figures: Figures, axes: tuple[str, str] = AXES
) -> None:
    """A PNG with a panel per attack, and SVG and PDF beside it; of several seeds the first."""
    lines: dict[str, dict[str, Line]] = {}
    for panel, name, _, x, y in found:
        lines.setdefault(panel, {}).setdefault(name, (name, x, y))
    drawn = [Panel(title, axes, list(named.values())) for title, named in lines.items()]
    if drawn:
        write_drawn(figures(panels, drawn), path.parent, path.stem)
