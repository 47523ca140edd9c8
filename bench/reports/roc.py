"""Curves of attacks: ROC of two classes and of matchers, CMC of identities, and of learning."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.answers import AnyAnswers
from bench.api import Attacker, Defense
from bench.metrics.identification import cmc
from bench.metrics.verification import roc
from bench.registry import brief, spec_of
from bench.reports.drawing import write_drawn
from bench.reports.figures import Figures
from bench.reports.panels import Line, Panel, panels
from bench.reports.records import without_path
from bench.reports.results import Result
from bench.runner.plan import Plan
from bench.runner.store import Store
from bench.tables import write_rows

AXES = ("false positive or match rate, %", "true positive or match rate, %")
N_POINTS = 24  # of a learning curve at most
_LOSSES = ("panel", "defense", "seed", "epoch", "train", "valid")
RANKS = ("rank", "pictures identified up to this rank, %")  # axes of CMC curves


class Curve(NamedTuple):
    """A curve of an attack on a defense."""

    panel: str  # the attack: task, target, attacker and threat
    name: str  # the defense
    seed: int
    x: Sequence[float]  # of its points
    y: Sequence[float]


def rocs(results: Iterable[Result]) -> Iterator[Curve]:
    """FMR and TMR of all answers about two classes and of all matchers."""
    return _curves(results, roc)


def cmcs(results: Iterable[Result]) -> Iterator[Curve]:
    """Ranks and the share identified at each, of all answers about identity."""
    return _curves((result for result in results if result.cell.target == "identity"), cmc)


def _curves(
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
        (curve.panel, curve.name, curve.seed, f"{x:.6g}", f"{y:.6g}")
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


def write_learning(results: Sequence[Result], plan: Plan, store: Store, path: Path) -> None:
    """learning.csv: losses per epoch of each attacker that trains; nothing if none does.

    An attacker that learned from raw pictures has one curve, for all defenses.
    """
    cells = {
        plan.of[result.cell].attack.key: result.cell
        for result in reversed(results)  # the first of each key stays
        if result.probe is not None and result.cell.purpose in ("private", "utility")
    }
    lines: list[Sequence[object]] = []
    for key, cell in reversed(cells.items()):
        weights = store.get(key).weights if key in store else {}
        if "curve.train" not in weights:
            continue
        train, valid = weights["curve.train"], weights["curve.valid"]  # (epochs,)
        attacker = brief(Attacker, spec_of(cell.attacker))
        panel = f"{cell.task}: {cell.target} by {attacker}, {cell.threat_spec}"
        about = (panel, str(brief(Defense, without_path(cell.defense))), cell.seed)
        shown = np.unique(np.linspace(0, len(train) - 1, N_POINTS).astype(int))
        lines += [(*about, i, f"{train[i]:.4g}", f"{valid[i]:.4g}") for i in shown.tolist()]
    if lines:
        write_rows(path, _LOSSES, lines)
