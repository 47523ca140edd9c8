"""ROC curves of answers about two classes and of matchers."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from bench.answers import Answers, AnyAnswers, Templates
from bench.api import Attacker, Defense
from bench.metrics import curves
from bench.metrics.intervals import Floats
from bench.metrics.pairs import all_alike
from bench.registry import brief, spec_of
from bench.reports.records import without_path
from bench.reports.results import Result

# False match rates of the curves; matchers are used at the low ones.
FMR = np.unique(np.concatenate([np.geomspace(1e-3, 1, 31), np.linspace(0, 1, 21)]))
SIDE_PX, MARGIN_PX, LINE_PX = 260, 24, 12  # of a panel, around its curves, per name
COLOURS = ("black", "red", "blue", "green", "orange", "purple", "brown", "teal", "grey", "magenta")


class Roc(NamedTuple):
    """The curve of one attacker and one defense.

    Attributes:
        panel: task, target, attacker and threat.
        name: of the defense.
        seed: of the run.
        tmr: at each of FMR, (K,).
    """

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
    panels: dict[str, dict[str, Roc]] = {}
    for roc in found:
        panels.setdefault(roc.panel, {}).setdefault(roc.name, roc)
    names = list(dict.fromkeys(roc.name for roc in found))
    height = SIDE_PX + LINE_PX * (len(names) + 2)
    columns = min(3, max(1, len(panels)))
    rows = -(-len(panels) // columns)
    sheet = Image.new("RGB", (columns * SIDE_PX, max(1, rows) * height), "white")
    for number, (title, lines) in enumerate(panels.items()):
        panel = _panel(title, lines, names, height)
        sheet.paste(panel, (number % columns * SIDE_PX, number // columns * height))
    sheet.save(path)


def _panel(title: str, lines: dict[str, Roc], names: Sequence[str], height: int) -> Image.Image:
    panel = Image.new("RGB", (SIDE_PX, height), "white")
    pen, side = ImageDraw.Draw(panel), SIDE_PX - 2 * MARGIN_PX
    pen.text((4, 4), title[:44], fill="black")
    pen.text((4, 4 + LINE_PX), title[44:88], fill="black")
    top = 2 * LINE_PX + MARGIN_PX
    pen.rectangle((MARGIN_PX, top, MARGIN_PX + side, top + side), outline="lightgrey")
    pen.line((MARGIN_PX, top + side, MARGIN_PX + side, top), fill="lightgrey")  # a guess
    for line, (name, roc) in enumerate(lines.items()):
        colour = COLOURS[names.index(name) % len(COLOURS)]
        points = [
            (MARGIN_PX + x * side, top + (1 - y) * side) for x, y in zip(FMR, roc.tmr, strict=True)
        ]
        pen.line(points, fill=colour, width=2)
        pen.text((4, top + side + 4 + LINE_PX * line), name[:42], fill=colour)
    return panel


def _tmr(answers: AnyAnswers) -> Floats:
    """Share of the truly positive at each of FMR, (K,).

    Raises:
        ValueError: if the answers have no ROC.
    """
    if isinstance(answers, Templates):
        pairs = all_alike(answers)
    elif isinstance(answers, Answers) and answers.scores.shape[1] == 2:
        margin = answers.scores[:, 1] - answers.scores[:, 0]
        pairs = curves.histograms(margin[answers.truth == 1], margin[answers.truth == 0])
    else:
        raise ValueError("expected two classes or templates for a ROC")
    return np.array([float(curves.tmr(pairs, fmr)[0]) for fmr in FMR])
