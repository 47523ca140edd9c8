"""From labels to all tables and figures."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.annotation import accuracy, agreement, majority
from bench.annotation.choice import Bins
from bench.annotation.figures import consensus_figure, curve_figure, evidence_figure
from bench.annotation.mixed import mixed
from bench.annotation.reading import Bad, Reading, read_key, read_labels
from bench.annotation.tables import Table, markdown, write, write_csv
from bench.annotation.votes import Truth, Votes, votes

REPORT, BAD = "analysis.md", "bad.csv"


class Choices(NamedTuple):
    """What the analyst decides.

    Attributes:
        truth: where the truth comes from, see `votes`.
        rules: for ties and levels of consensus.
        bins: of evidence.
        attributes: that errors are told by.
        without_careless: leave out labelers who take no care.
        seed: of the teams of labelers that are drawn.
    """

    truth: Truth = "raw"
    rules: majority.Rules = majority.Rules()
    bins: Bins = Bins()
    attributes: tuple[str, ...] = accuracy.TOLD
    without_careless: bool = False
    seed: int = 0


def analyse(
    files: Sequence[Path], keys: Sequence[Path], choices: Choices, out: Path
) -> tuple[list[Table], list[Bad]]:
    """Reads labels, and writes analysis.md, a CSV per table, bad.csv and the figures.

    Returns:
        the tables, and the lines that were not used.

    Raises:
        ValueError: if a file or a question cannot be used at all.
    """
    key = read_key(keys)
    reading = read_labels(files, key)
    asked = votes(reading.labels, key, choices.truth)
    left_out: list[str] = []
    if choices.without_careless:
        left_out = _careless(asked)
        kept = [label for label in reading.labels if label.labeler not in left_out]
        asked = votes(kept, key, choices.truth)
    out.mkdir(parents=True, exist_ok=True)
    found = [table for given in asked for table in _tables(given, choices, out)]
    for table in found:
        write(table, out)
    write_csv(out / BAD, Bad._fields, reading.bad)
    (out / REPORT).write_text(_report(found, reading, left_out), encoding="utf-8")
    return found, reading.bad


def _tables(given: Votes, choices: Choices, out: Path) -> list[Table]:
    """All tables about a question; its figures are drawn to `out`."""
    tables = [
        majority.table1(given, choices.rules),
        accuracy.t_tests(given),
        mixed(given),
        majority.histogram(given),
        accuracy.by_evidence(given, choices.bins),
        accuracy.by_attribute(given, choices.attributes),
        accuracy.worst(given),
        agreement.alphas(given),
        agreement.labelers(given),
    ]
    rng = np.random.default_rng(choices.seed)
    try:
        curve = majority.curve(given, choices.rules, rng)
        tables.insert(4, majority.curve_table(given, curve))
        curve_figure(given, curve, out / f"{given.question}-curve.png")
    except ValueError as error:
        tables.insert(4, majority.no_curve(given, str(error)))
    consensus_figure(given, out / f"{given.question}-consensus.png")
    evidence_figure(given, choices.bins, out / f"{given.question}-evidence.png")
    return tables


def _careless(asked: Iterable[Votes]) -> list[str]:
    rows = [row for given in asked for row in agreement.labelers(given).rows]
    return sorted({str(row[0]) for row in rows if row[-1]})


def _report(tables: Iterable[Table], reading: Reading, left_out: Sequence[str]) -> str:
    """The Markdown: what was read, then the tables (of the curve, some points)."""
    lines = [f"# Annotation study: {len(reading.labels)} labels", ""]
    if reading.bad:
        lines += [f"{len(reading.bad)} lines were not used; all are in {BAD}:", ""]
        lines += [f"- {one.file}:{one.line}: {one.reason}" for one in reading.bad[:20]] + [""]
    if left_out:
        lines += [f"Left out as careless: {', '.join(left_out)}", ""]
    shown = [_shortened(table) for table in tables]
    return "\n".join([*lines, *(markdown(table) for table in shown)])


def _shortened(table: Table) -> Table:
    """The curve at some numbers of labelers."""
    if not table.name.endswith("-curve"):
        return table
    rows = [row for row in table.rows if row[1] in majority.SHOWN_N or row[0] == ""]
    return table._replace(rows=rows)
