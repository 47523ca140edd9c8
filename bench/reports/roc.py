"""ROC curves of answers about two classes and of matchers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import numpy as np

from bench.answers import Answers, AnyAnswers, Templates
from bench.api import Attacker, Defense
from bench.metrics import curves
from bench.metrics.intervals import Floats
from bench.metrics.pairs import all_alike
from bench.registry import brief, spec_of
from bench.reports.records import without_path
from bench.reports.results import Result

# False match rates of the curves, denser where they are low: there matchers are used.
FMR = np.unique(np.concatenate([np.geomspace(1e-3, 1, 31), np.linspace(0, 1, 21)]))


class Roc(NamedTuple):
    """The curve of an attack (the panel) on a defense (the name): the TMR at each of FMR, (K,)."""

    panel: str
    name: str
    seed: int
    tmr: Floats


def rocs(results: Sequence[Result]) -> Iterator[Roc]:
    """The curves of all answers about two classes and of all matchers."""
    for result in results:
        cell = result.cell
        if result.probe is None or cell.purpose not in ("private", "utility"):
            continue
        try:
            tmr = _tmr(result.probe)
        except ValueError:  # not two classes, or one kind of pair is missing: there is no curve
            continue
        attacker = brief(Attacker, spec_of(cell.attacker))
        defense = brief(Defense, without_path(cell.defense))
        panel = f"{cell.task}: {cell.target} by {attacker}, {cell.threat_spec}"
        yield Roc(panel, str(defense), cell.seed, tmr)


def draw(found: Sequence[Roc], path: Path) -> None:
    """A PNG with a panel per attacker and threat; of several seeds the first is drawn."""
    from matplotlib.figure import Figure

    panels: dict[str, dict[str, Roc]] = {}
    for roc in found:
        panels.setdefault(roc.panel, {}).setdefault(roc.name, roc)
    n_columns = min(3, max(1, len(panels)))
    n_rows = max(1, -(-len(panels) // n_columns))
    figure = Figure((4 * n_columns, 4 * n_rows), layout="constrained")
    for number, (title, lines) in enumerate(panels.items(), start=1):
        axes = figure.add_subplot(n_rows, n_columns, number)
        for name, roc in lines.items():
            axes.plot(FMR, roc.tmr, label=name, linewidth=1)
        axes.plot((0, 1), (0, 1), color="lightgrey")  # chance
        axes.set_title("\n".join(wrap(title, 50)), fontsize=8)
        axes.set(xlabel="false positive or match rate", ylabel="true positive or match rate")
        axes.legend(fontsize=6)
    figure.savefig(path, dpi=100)


def _tmr(answers: AnyAnswers) -> Floats:
    """The true positive or match rate at each of FMR, (K,)."""
    if isinstance(answers, Templates):
        pairs = all_alike(answers)
    elif isinstance(answers, Answers) and answers.scores.shape[1] == 2:
        margin = answers.scores[:, 1] - answers.scores[:, 0]
        pairs = curves.histograms(margin[answers.truth == 1], margin[answers.truth == 0])
    else:
        raise ValueError("expected two classes or templates for a ROC")
    return np.array([float(curves.tmr(pairs, fmr)[0]) for fmr in FMR])
