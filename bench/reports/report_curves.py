"""The curves of a report: from the CSVs of a run's folder, and from records."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from bench.api import Attacker, Defense
from bench.reports.drawing import looks
from bench.reports.panels import Line, Panel
from bench.reports.records import Record, select, short
from bench.reports.svg import curves, swatch
from bench.reports.tradeoff import unique
from bench.tables import plain

MOST = 24  # panels of a kind
_FILES = (  # file, columns of x and y, axes, heading, note
    ("roc.csv", ("fmr", "tmr"), ("false alarms, %", "hits, %"),
     "ROC curves: right answers against false alarms",
     "Each panel is one attack, each line a defense. A line along the grey diagonal is a guess; "
     "the nearer to the upper left corner, the more the attack finds."),
    ("cmc.csv", ("rank", "identified"), ("k", "found, %"),
     "CMC curves: is the person among the k likeliest",
     "The share of pictures whose person is among the k likeliest. The grey diagonal is a guess."),
    ("learning.csv", ("epoch", "valid"), ("epoch", "loss"),
     "Learning curves: had attackers finished learning",
     "The error on pictures set aside, after each pass over the training pictures. A curve that "
     "still falls at its end means that a longer training would make the attacker stronger."),
)  # fmt: skip


class Curves(NamedTuple):
    """Small multiples: a heading, how to read them, panels by title, and a legend."""

    heading: str
    note: str
    panels: Sequence[tuple[str, Markup]]
    legend: Sequence[tuple[str, Markup]]
    n_left_out: int


def of_folder(folder: Path) -> Iterator[Curves]:
    """ROC, CMC and learning curves, as far as the folder has them; of several seeds the first.

    Raises:
        ValueError: if a file is not as bench writes it.
    """
    for name, columns, axes, heading, note in _FILES:
        if (path := folder / name).is_file():
            found = [Panel(title, axes, lines) for title, lines in _read(path, columns).items()]
            if found:
                yield _drawn(heading, note, found, is_share=name != "learning.csv")


def saturation(records: Sequence[Record]) -> Iterator[Curves]:
    """What attackers find after learning from a part of their pictures, if that was asked."""
    panels: dict[str, list[Line]] = {}
    less = [r for r in select(records, purpose="saturation") if r.metric in ("top1", "auc")]
    full = [r for r in select(records, purpose="private") if r.metric in ("top1", "auc")]
    asked = ("task", "target", "attacker", "threat", "metric", "defense")
    for same in unique(tuple(getattr(r, name) for name in asked) for r in less):
        known = select([*less, *full], status="ok", **dict(zip(asked, same, strict=True)))
        points = sorted({r.share: r.value for r in reversed(known)}.items())  # of the first seed
        task, target, attacker, threat, metric, defense = same
        title = f"{task}: {target} by {short(Attacker, attacker)}, {threat} ({metric})"
        if points:
            x, y = zip(*points, strict=True)
            panels.setdefault(title, []).append((short(Defense, defense), x, y))
    if panels:
        axes = ("share of the training pictures, %", "right, %")
        note = "A line that still rises at its end: more pictures would make the attacker stronger."
        drawn = [Panel(title, axes, lines) for title, lines in panels.items()]
        yield _drawn("Saturation: would more pictures help attackers", note, drawn)


def _drawn(heading: str, note: str, panels: Sequence[Panel], *, is_share: bool = True) -> Curves:
    kinds = looks(name for panel in panels for name, *_ in panel.lines)
    guess = "diagonal" in note
    drawn = [(p.title, curves(p, kinds, is_share=is_share, guess=guess)) for p in panels[:MOST]]
    legend = [(name, swatch(look)) for name, look in kinds.items()]
    return Curves(heading, note, drawn, legend, max(0, len(panels) - MOST))


def _read(path: Path, columns: tuple[str, str]) -> dict[str, list[Line]]:
    """The lines of each panel."""
    import pandas as pd  # here: `bench --help` does not wait for it

    found: dict[str, list[Line]] = {}
    try:
        points = pd.read_csv(path, dtype=dict.fromkeys(columns, float), keep_default_na=False)
        for (panel, name), some in points.groupby(["panel", "defense"], sort=False):
            first = some[some["seed"] == some["seed"].iloc[0]]
            x, y = (first[column].tolist() for column in columns)
            if len(x) > 1:  # else of a network that does not learn
                found.setdefault(plain(str(panel)), []).append((plain(str(name)), x, y))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"expected {path} as bench wrote it, got {error!r}; run the grid again"
        ) from error
    return found
