"""report.html: a run or a board in one file, for readers who never saw the suite.

The file opens offline. Its content security policy allows the style and the script that the page
holds, by their digests, and pictures inside it; nothing is loaded and nothing else runs.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from bench.metrics.declared import declared
from bench.registry import plugins
from bench.reports import linkage
from bench.reports.boards import read_board
from bench.reports.fairness import NOTE as BY_GROUP
from bench.reports.fairness import WORST_NOTE, fairness, worst_tenth
from bench.reports.in_words import whole_percent
from bench.reports.published import standing
from bench.reports.records import Record, select
from bench.reports.report_costs import costs
from bench.reports.report_curves import of_folder, saturation
from bench.reports.report_findings import WORDS, does, knows, tasks
from bench.reports.report_pictures import pictures
from bench.reports.summary import not_asked
from bench.reports.svg import shape
from bench.reports.synthetic_validity import demonstrates, validities
from bench.reports.tradeoff import tables, unique
from bench.spec import Spec
from bench.tables import Cell, Number, Table, write_whole

LARGEST = 2_000_000  # bytes of a report
NAME = "report.html"
STANDING = "Who published what, and whose attack stands behind each verdict"
NOTE = (
    "Of the strongest attacker (of what is kept: the best judge), with 95 % intervals over people; "
    "of several trainings the mean and the widest interval. Accuracy in %, AUC as a fraction; "
    "leakage: 0 is a guess, 1 no defense. ^ should be high, v low. drop-in: a judge that is used "
    "as it is; retrained: one that learned from protected pictures. classes alike: each class "
    "counts the same. probe: the test pictures. SSIM: how much protected pictures look like the "
    "originals, 1 is the same. ~ the defense's authors do not promise it."
)
STANDING_NOTE = (
    "claimed: the files are whole. rescored: all numbers follow from raw answers. recomputed: some "
    "cells were also run anew."
)


class Source(NamedTuple):
    """What a report is about."""

    name: str
    records: Sequence[Record]
    folder: Path | None  # with curves, costs and pictures; of a run
    facts: Mapping[str, str]  # of the provenance
    digest: str  # SHA-256 of the CSV
    standing: Sequence[Table] = ()  # of a published board


def write_report(
    path: Path, out: Path | None = None, *, name: str = "", with_images: bool = False
) -> Path:
    """Writes the report of a run's folder, or of a board by its CSV or JSON; returns its path.

    Args:
        path: the folder or file.
        out: by default report.html in the folder, or NAME.html here for a board.
        name: in the title; by default that of the folder or file.
        with_images: show the folder's pictures even if they show real people.

    Raises:
        FileNotFoundError: if there are no records.
        ValueError: if a file is not as bench wrote it.
    """
    source = read_source(path, name)
    content = _content(source)
    text = _page(content)
    for part in ("curves", "numbers"):  # of runs with hundreds of rows
        if len(text.encode()) > LARGEST:
            content |= {part: type(content[part])(), "is_short": True}
            text = _page(content)
    may_show = with_images or shows_nobody(source.records)
    room = LARGEST - len(text.encode()) - 20_000
    if source.folder and may_show and (found := pictures(source.folder, room)):
        text = _page({**content, "pictures": found})
    target = out or (path / NAME if path.is_dir() else Path(f"{path.stem}.html"))
    write_whole(target, text)
    return target


def read_source(path: Path, name: str = "") -> Source:
    """The records, and what their JSON says of where they come from."""
    is_board = (path / "entries").is_dir()
    name_of_table = "board.csv" if is_board else "records.csv"
    table = path / name_of_table if path.is_dir() else path.with_suffix(".csv")
    if not table.is_file():
        raise FileNotFoundError(
            f"expected the folder of a run or a board, or a CSV, found no {table}; name another"
        )
    records, about = read_board(table)
    facts = _facts(about.get("provenance"))
    _check_metrics(records, table, facts)
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    folder = path if path.is_dir() else None
    known = name or (path.resolve().name if folder else path.stem)
    shown = standing(path) if is_board else ()
    return Source(known, records, folder, facts, digest, shown)


def _check_metrics(records: Sequence[Record], table: Path, facts: Mapping[str, str]) -> None:
    """Raises ValueError if the records have metrics that this version does not know."""
    for metric in unique(r.metric for r in records if r.metric):
        try:
            declared(metric)
        except KeyError as error:
            commit, date = facts.get("commit", "")[:12], facts.get("date", "")[:10]
            wrote = f", commit {commit} of {date}" if commit and date else ""
            raise ValueError(
                f"expected metrics that this version of bench knows in {table}, got {metric!r} of "
                f"an earlier or a later version{wrote}; run its grid again, or use that version"
            ) from error


def _facts(found: object) -> Mapping[str, str]:
    """What the JSON says of where numbers come from; it is checked by nobody, so all is text."""
    return {
        name: ", ".join(f"{a} {b}" for a, b in one.items()) if isinstance(one, dict) else str(one)
        for name, one in (found.items() if isinstance(found, dict) else ())
        if one
    }


def shows_nobody(records: Sequence[Record]) -> bool:
    """Whether all data sets show synthetic people only."""
    specs = [r.data for r in records]
    specs += [part.split()[-1] for r in records for part in r.learned_from.split("; ") if part]
    known = plugins("dataset")
    return all(
        getattr(known.get(Spec.parse(text).name), "shareable", False) for text in unique(specs)
    )


def _page(content: Mapping[str, Any]) -> str:
    folder = files("bench") / "templates"
    style, script = (
        (folder / f"report.{kind}").read_text("utf-8").strip() for kind in ("css", "js")
    )
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)  # fmt: skip
    environment.filters |= {"whole": whole_percent, "order": _order, "knows": knows}
    template = environment.from_string((folder / "report.html.jinja").read_text("utf-8"))
    digests = {"style_digest": _digest(style), "script_digest": _digest(script)}
    return template.render(**content, **digests, style=Markup(style), script=Markup(script))


def _content(source: Source) -> dict[str, Any]:
    records, folder = source.records, source.folder
    found, seeds = validities(records), unique(r.seed for r in records)
    attackers = unique(Spec.parse(r.attacker).name for r in records if r.attacker)
    known = [*of_folder(folder)] if folder else []
    return {
        "source": source,
        "tasks": tasks(records),
        "attackers": {name: does("attacker", name) for name in attackers},
        "threats": unique(r.threat for r in records if r.threat),
        "seeds": seeds,
        "is_bundled": (files("leaderboards") / f"{Path(source.name).name}.toml").is_file(),
        "has_grid": bool(folder and (folder / "grid.json").is_file()),
        "validities": [
            f"{target} ({protocol}): {one}" for (target, protocol), one in found.items()
        ],
        "is_demonstration": any(map(demonstrates, found.values())),
        "failures": unique(r.reason for r in select(records, status="failed")),
        "not_asked": not_asked(records),
        "curves": [*known, *saturation(records)],
        "numbers": {STANDING: (source.standing, STANDING_NOTE), **_numbers(records)},
        "costs": costs(folder / "costs.csv") if folder else None,
        "pictures": [],
        "is_short": False,
        "words": WORDS,
        "marks": unique(mark for r in records for mark in r.marks.split()),
        "shape": shape,
    }


def _numbers(records: Sequence[Record]) -> Mapping[str, tuple[Sequence[Table], str]]:
    """Tables and their notes, by heading; without tables nothing is shown."""
    return {
        "Every attack and every judge, as numbers": (tables(records), NOTE),
        "The worst-served tenth of people": (worst_tenth(records), WORST_NOTE),
        "Groups of people: are some protected less than others": (fairness(records), BY_GROUP),
        "Linking pictures to people": (linkage.linkage(records), linkage.NOTE),
        "Pictures that a defense remembers from its training": (
            memory := linkage.memorization(records),
            f"{linkage.MEMORY_NOTE} {_remembered(memory)}",
        ),
    }


def _remembered(found: Sequence[Table]) -> str:
    """What the tables of memorised pictures come to."""
    rows = [row for table in found for row in table.rows]
    sure = unique(str(row[0]) for row in rows if isinstance(row[1], Number) and row[1].low > 0.5)
    return f"In short: {', '.join(sure) or 'none of these defenses'} surely reveals them."


def _order(cell: Cell) -> float | str:
    """What a column is sorted by."""
    if isinstance(cell, Number):
        return cell.value
    return cell if isinstance(cell, str | int | float) else ""


def _digest(text: str) -> str:
    """As a content security policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
