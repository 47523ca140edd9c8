"""All tables and figures of a set of labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import numpy as np

from bench.annotation import accuracy, agreement, majority
from bench.annotation.choice import Bins
from bench.annotation.figures import consensus_figure, curve_figure, evidence_figure
from bench.annotation.mixed import mixed
from bench.annotation.reading import BadLine, read_key, read_labels
from bench.annotation.votes import TruthFrom, Votes, votes_by_question
from bench.annotation.worst_pictures import shown_pictures, worst_figures
from bench.metrics.intervals import Floats
from bench.names import file_name
from bench.tables import NotAvailable, Table, escaped, markdown, write_csv, write_rows

REPORT, BAD = "analysis.md", "bad.csv"
_SEED = 0  # of the teams of labelers


class AnalysisOptions(NamedTuple):
    """Choices of the analyst."""

    truth_from: TruthFrom = "raw"  # see `votes_by_question`
    rules: majority.VoteRules = majority.VoteRules()  # for ties and levels of consensus
    bins: Bins = Bins()  # of evidence
    # Columns of the key by which errors are reported.
    attributes: tuple[str, ...] = accuracy.ATTRIBUTES
    without_careless: bool = False  # leave out careless labelers


def analyse(
    files: Sequence[Path], keys: Sequence[Path], options: AnalysisOptions, out: Path
) -> tuple[list[Table], list[BadLine]]:
    """Writes analysis.md, a CSV per table, bad.csv and figures; returns tables and bad lines."""
    key = read_key(keys)
    labels, bad = read_labels(files, key)
    questions = votes_by_question(labels, key, options.truth_from)
    lines = [f"# Annotation study: {len(labels)} labels", ""]
    if bad:
        lines += [f"{len(bad)} lines were not used; all are in {BAD}:", ""]
        lines += [f"- {escaped(str(line))}" for line in bad[:20]] + [""]
    if options.without_careless and (left_out := agreement.careless(questions)):
        lines += [f"Left out as careless: {escaped(', '.join(left_out))}", ""]
        kept = [label for label in labels if label.labeler not in left_out]
        questions = votes_by_question(kept, key, options.truth_from)
    out.mkdir(parents=True, exist_ok=True)
    for path in out.glob("*.png"):  # of an earlier analysis, perhaps of another study
        path.unlink()
    tables = [table for votes in questions for table in _tables(votes, options, out)]
    for table in tables:
        write_table(table, out)
    shown = shown_pictures(keys, key)
    for votes in questions:
        worst_figures(votes, shown, out)
    write_rows(out / BAD, BadLine._fields, bad)
    lines.append(markdown(map(_shortened, tables), level=3))
    report = "\n".join([*lines, *shown_figures(out, out), ""])
    (out / REPORT).write_text(report, encoding="utf-8")
    return tables, bad


def shown_figures(folder: Path, home: Path) -> list[str]:
    """Lines of a report in `home` that show all figures of an analysis, which lie in `folder`."""
    paths = [path.relative_to(home).as_posix() for path in sorted(folder.glob("*.png"))]
    return ["### Figures", "", *(f"![{Path(path).stem}]({quote(path)})" for path in paths)]


def write_table(table: Table, folder: Path) -> None:
    """Writes NAME.csv and NAME.md."""
    name = file_name(table.name)
    write_csv(folder / f"{name}.csv", table)
    (folder / f"{name}.md").write_text(markdown([table], level=3), encoding="utf-8")


def _tables(votes: Votes, options: AnalysisOptions, out: Path) -> list[Table]:
    """All tables about a question; its figures are drawn to `out`."""
    curve: Floats | NotAvailable
    try:
        curve = majority.curve(votes, options.rules, np.random.default_rng(_SEED))
        curve_figure(votes, curve, out)
    except ValueError as error:
        curve = NotAvailable(str(error))
    consensus_figure(votes, out)
    evidence_figure(votes, options.bins, out)
    return [
        majority.accuracy_table(votes, options.rules),
        accuracy.t_tests(votes),
        mixed(votes),
        majority.histogram(votes),
        majority.curve_table(votes, curve),
        accuracy.by_evidence(votes, options.bins),
        accuracy.by_attribute(votes, options.attributes),
        accuracy.worst(votes),
        agreement.alphas(votes),
        agreement.labeler_table(votes),
    ]


def _shortened(table: Table) -> Table:
    """The table as the report shows it: of the curve, some points."""
    if not table.name.endswith("-curve"):
        return table
    return table._replace(
        rows=[row for row in table.rows if row[1] in majority.SHOWN_N or row[0] == ""]
    )
