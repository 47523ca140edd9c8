"""Figures of the analysis, as in the paper."""

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.annotation.accuracy import share_right
from bench.annotation.choice import Bins
from bench.annotation.majority import CONSENSUS, Curve, by_consensus
from bench.annotation.votes import Votes

# Told apart by people who do not see red or green alike: Okabe and Ito, Color Universal Design.
COLOURS = ("#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
Draw = Callable[[Axes, Votes], None]


def consensus_figure(given: Votes, path: Path) -> None:
    """Images by consensus. Source: Shirai and Whitehill, figure 5."""

    def draw(axes: Axes, given: Votes) -> None:
        width = (CONSENSUS[1] - CONSENSUS[0]) / (len(given.versions) + 1)
        for i, (counts, colour) in enumerate(zip(by_consensus(given), COLOURS, strict=False)):
            axes.bar(CONSENSUS[:-1] + (i + 1) * width, counts, width, color=colour)
        axes.set(xlabel="share of labelers who gave the commonest answer", ylabel="images")

    _figure(draw, given, "consensus", path)


def curve_figure(given: Votes, found: Curve, path: Path) -> None:
    """Accuracy of the majority of n labelers. Source: Shirai and Whitehill, figure 6."""

    def draw(axes: Axes, given: Votes) -> None:
        for i, colour in zip(range(len(given.versions)), COLOURS, strict=False):
            axes.fill_between(found.n, found.low[i], found.high[i], color=colour, alpha=0.12, lw=0)
            axes.plot(found.n, found.mean[i], color=colour)
        axes.set(xlabel="labelers", ylabel="accuracy of the majority", ylim=(None, 1.01))

    _figure(draw, given, "majority of n labelers (bands: the middle 90 % of teams)", path)


def evidence_figure(given: Votes, bins: Bins, path: Path) -> None:
    """Accuracy by evidence. Source: Shirai and Whitehill, figures 7 and 8."""

    def draw(axes: Axes, given: Votes) -> None:
        place = bins.places(given.number("evidence"))
        middles = (bins.edges[1:] + bins.edges[:-1]) / 2
        aside = bins.width * np.linspace(-0.2, 0.2, len(given.versions))  # so that all are seen
        for right, colour, shift in zip(given.right, COLOURS, aside, strict=False):
            told = [i for i in np.unique(place[place >= 0]) if (right[place == i] >= 0).any()]
            if not told:
                continue
            found = [share_right(right[place == i], given.unit[place == i]) for i in told]
            values = np.array([one.value for one in found])
            ends = np.array([[one.value - one.low, one.high - one.value] for one in found])
            axes.errorbar(
                middles[told] + shift,
                values,
                ends.T,
                color=colour,
                marker="o",
                ms=4,
                capsize=2,
                elinewidth=0.8,
            )
        axes.set(xlabel="evidence", ylabel="accuracy of single labelers")

    _figure(draw, given, "accuracy by evidence", path)


def _figure(draw: Draw, given: Votes, what: str, path: Path) -> None:
    with mpl.rc_context({"axes.spines.top": False, "axes.spines.right": False, "font.size": 10}):
        figure = Figure(figsize=(6.4, 4.0), layout="constrained")  # inches
        axes = figure.subplots()
        draw(axes, given)
        axes.set_title(f"{given.question}: {what}\n{given.who}", loc="left", fontsize=10)
        marks = [
            mpl.lines.Line2D([], [], color=colour, lw=3)
            for _, colour in zip(given.versions, COLOURS, strict=False)
        ]
        n_columns = min(4, len(marks))
        figure.legend(
            marks, given.versions, loc="outside lower center", ncols=n_columns, frameon=False
        )
        figure.savefig(path, dpi=120, metadata={"Software": None})
