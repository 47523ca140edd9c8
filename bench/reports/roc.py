"""ROC curves of answers about two classes and of matchers."""

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.api import Attacker, Defense
from bench.metrics.roc import FMR, true_match_rates
from bench.registry import brief, spec_of
from bench.reports.figures import Figures
from bench.reports.panels import panels
from bench.reports.records import without_path
from bench.reports.results import Result


class Roc(NamedTuple):
    """The curve of an attack (the panel) on a defense (the name): the TMR at each of FMR."""

    panel: str
    name: str
    seed: int
    tmr: Sequence[float]


def rocs(results: Sequence[Result]) -> Iterator[Roc]:
    """The curves of all answers about two classes and of all matchers."""
    for result in results:
        cell = result.cell
        if result.probe is None or cell.purpose not in ("private", "utility"):
            continue
        try:
            tmr = result.figures(true_match_rates, result.probe)
        except ValueError:  # not two classes, or one kind of pair is missing: there is no curve
            continue
        attacker = brief(Attacker, spec_of(cell.attacker))
        defense = brief(Defense, without_path(cell.defense))
        panel = f"{cell.task}: {cell.target} by {attacker}, {cell.threat_spec}"
        yield Roc(panel, str(defense), cell.seed, tmr)


def draw(found: Sequence[Roc], path: Path, figures: Figures) -> None:
    """A PNG with a panel per attacker and threat; of several seeds the first is drawn."""
    lines: dict[str, dict[str, Sequence[float]]] = {}
    for roc in found:
        lines.setdefault(roc.panel, {}).setdefault(roc.name, roc.tmr)
    curves = [(title, list(named.items())) for title, named in lines.items()]
    path.write_bytes(base64.b64decode(figures(panels, FMR.tolist(), curves)))
