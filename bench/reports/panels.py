"""Draws plots; apart from what computes them, so that a drawing is kept until this changes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bench.reports.drawing import CHAR_IN, WIDTH_IN, Drawn, Look, files_of, looks, style, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT_IN, LABELS_IN = 2.5, 0.5  # of a panel; of that of its y axis
LIMITS = (-0.2, 1.3)  # of fronts, so that wide intervals do not squeeze the points
_GUESS: Look = {"color": "0.8", "linewidth": 0.8}
_FRONT: Look = {"color": "0.8", "linewidth": 3, "zorder": 1}
_INTERVAL: Look = {"linewidth": 0.6, "alpha": 0.6}

Line = tuple[str, Sequence[float], Sequence[float]]  # its name, and its points: x and y


class Point(NamedTuple):
    """What a form of a defense leaks and keeps: each value, low and high."""

    name: str
    leaks: tuple[float, float, float]
    keeps: tuple[float, float, float]
    on_front: bool


class Panel(NamedTuple):
    """Its title, the labels of its axes, and either curves or points."""

    title: str
    labels: tuple[str, str]
    lines: Sequence[Line] = ()
    points: Sequence[Point] = ()


def panels(drawn: Sequence[Panel]) -> Drawn:
    """Curves of shares over shares or over ranks in each panel, with chance as the diagonal."""
    with style():
        figure, axes = _figure(drawn)
        names = (name for panel in drawn for name, *_ in panel.lines)
        kinds = {name: {**look, "marker": ""} for name, look in looks(names).items()}
        for each, panel in zip(axes, drawn, strict=True):
            last = max(x[-1] for _, x, _ in panel.lines)
            each.plot((0, last), (0, 1), **_GUESS)
            for name, x, y in panel.lines:
                each.plot(x, y, **kinds[name])
            each.set(xlim=(0, last), ylim=(0, 1.02))
            _label(each, panel, counts=last > 1)
        _legend(figure, {**kinds, "chance": _GUESS})
        return files_of(figure)


def fronts(drawn: Sequence[Panel]) -> Drawn:
    """Points with their intervals in each panel, those on the front joined."""
    with style():
        figure, axes = _figure(drawn)
        names = (point.name for panel in drawn for point in panel.points)
        kinds = {name: {**look, "linestyle": ""} for name, look in looks(names).items()}
        for each, panel in zip(axes, drawn, strict=True):
            each.axhline(0, **_GUESS)
            each.axvline(0, **_GUESS)
            front = sorted((p.leaks[0], p.keeps[0]) for p in panel.points if p.on_front)
            each.plot([x for x, _ in front], [y for _, y in front], **_FRONT)
            for name, (x, *ends), (y, *y_ends), _ in panel.points:
                colour = kinds[name]["color"]
                each.plot(ends, (y, y), (x, x), y_ends, color=colour, **_INTERVAL)
                each.plot(x, y, **kinds[name])
            each.set(xlim=LIMITS, ylim=LIMITS)
            _label(each, panel)
        lines = {"Pareto front": _FRONT, "95 % interval": _INTERVAL, "a guess": _GUESS}
        _legend(figure, {**kinds, **lines})
        return files_of(figure)


def _figure(drawn: Sequence[Panel]) -> tuple["Figure", Sequence["Axes"]]:
    """Titled axes in rows of at most three, as wide as a page; one alone is as wide as a column."""
    from matplotlib.figure import Figure

    n_columns = min(3, len(drawn))
    n_rows, width = -(-len(drawn) // n_columns), WIDTH_IN / 2 if n_columns == 1 else WIDTH_IN
    figure = Figure((width, HEIGHT_IN * n_rows), layout="constrained")
    n_chars = int((width / n_columns - LABELS_IN) / CHAR_IN)
    found = []
    for i, panel in enumerate(drawn, 1):
        found.append(figure.add_subplot(n_rows, n_columns, i))
        found[-1].set_title("\n".join(wrapped(panel.title, n_chars)), loc="left")
    return figure, found


def _label(axes: "Axes", panel: Panel, *, counts: bool = False) -> None:
    """Labels; ticks in percent, or whole numbers where x counts."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    axes.set(xlabel=panel.labels[0], ylabel=panel.labels[1])
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=counts))
    for axis in (axes.yaxis,) if counts else (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, symbol=""))


def _legend(figure: "Figure", kinds: Mapping[str, Look]) -> None:
    """One legend under all panels, in a figure that grows by it."""
    from matplotlib.lines import Line2D

    in_a_row = int(figure.get_figwidth() / (CHAR_IN * max(map(len, kinds)) + 0.5))
    n_columns = min(len(kinds), max(1, in_a_row))
    figure.set_figheight(figure.get_figheight() + 0.16 * -(-len(kinds) // n_columns))
    handles = [Line2D([], [], **{"color": "0.3", **look}) for look in kinds.values()]
    figure.legend(handles, list(kinds), loc="outside lower center", ncols=n_columns)
