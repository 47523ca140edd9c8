"""Figures of the analysis, as in the paper."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.annotation.accuracy import share_correct
from bench.annotation.choice import Bins
from bench.annotation.majority import CONSENSUS, MIN_TEAM, by_consensus
from bench.annotation.votes import Votes
from bench.metrics.intervals import Floats
from bench.names import file_name

# Distinguishable without red-green vision: Okabe and Ito, Color Universal Design.
COLOURS = ("#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")


def consensus_figure(votes: Votes, folder: Path) -> None:
    """Images by consensus. Source: Shirai and Whitehill, figure 5."""
    with _axes(votes, "consensus", "consensus", folder) as axes:
        width = (CONSENSUS[1] - CONSENSUS[0]) / (len(votes.versions) + 1)
        for i, (counts, colour) in enumerate(zip(by_consensus(votes), COLOURS, strict=False)):
            axes.bar(CONSENSUS[:-1] + (i + 1) * width, counts, width, color=colour)
        axes.set(xlabel="share of labelers who gave the commonest label", ylabel="images")


def curve_figure(votes: Votes, found: Floats, folder: Path) -> None:
    """Accuracy of the majority, as by `curve`. Source: Shirai and Whitehill, figure 6."""
    title = "majority of n labelers (bands: the middle 90 % of teams)"
    with _axes(votes, "curve", title, folder) as axes:
        n = np.arange(MIN_TEAM, MIN_TEAM + found.shape[2])
        for (mean, low, high), colour in zip(found.swapaxes(0, 1), COLOURS, strict=False):
            axes.fill_between(n, low, high, color=colour, alpha=0.12, lw=0)
            axes.plot(n, mean, color=colour)
        axes.set(xlabel="labelers", ylabel="accuracy of the majority", ylim=(None, 1.01))


def evidence_figure(votes: Votes, bins: Bins, folder: Path) -> None:
    """Accuracy by evidence. Source: Shirai and Whitehill, figures 7 and 8."""
    place = bins.places(votes.number("evidence"))
    middles = (bins.edges[1:] + bins.edges[:-1]) / 2
    shifts = bins.width * np.linspace(-0.2, 0.2, len(votes.versions))  # so that none overlap
    with _axes(votes, "evidence", "accuracy by evidence", folder) as axes:
        for correct, colour, shift in zip(votes.correct, COLOURS, shifts, strict=False):
            shown = [i for i in np.unique(place[place >= 0]) if (correct[place == i] >= 0).any()]
            if not shown:
                continue
            found = [share_correct(correct[place == i], votes.unit[place == i]) for i in shown]
            value, low, high = np.array([estimate[:3] for estimate in found]).T
            x, ends = middles[shown] + shift, (value - low, high - value)
            axes.errorbar(x, value, ends, color=colour, marker="o", ms=4, capsize=2, elinewidth=0.8)
        axes.set(xlabel="evidence", ylabel="accuracy of single labelers")


@contextmanager
def _axes(votes: Votes, name: str, title: str, folder: Path) -> Iterator[Axes]:
    """Axes to draw on; then adds title and legend, and writes QUESTION-NAME.png."""
    with mpl.rc_context({"axes.spines.top": False, "axes.spines.right": False, "font.size": 10}):
        mpl.rcParams["text.parse_math"] = False  # names may have dollar signs
        figure = Figure(figsize=(6.4, 4.0), layout="constrained")  # inches
        axes = figure.subplots()
        yield axes
        question = shorten(votes.question, 60)
        axes.set_title(f"{question}: {title}\n{votes.who}", loc="left", fontsize=10)
        colours = COLOURS[: len(votes.versions)]
        marks = [mpl.lines.Line2D([], [], color=colour, lw=3) for colour in colours]
        n = min(4, len(marks))
        figure.legend(marks, votes.versions, loc="outside lower center", ncols=n, frameon=False)
        path = folder / f"{file_name(f'{votes.question}-{name}')}.png"
        figure.savefig(path, dpi=120, metadata={"Software": None})
