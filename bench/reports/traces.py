"""What a run asks once its first answers are known: whether its attackers could see at all."""

from collections.abc import Sequence
from dataclasses import replace

from bench.reports.lines import lines
from bench.reports.marks import Marks
from bench.reports.qualities import ReleaseQuality
from bench.reports.results import Result
from bench.reports.verdicts import verdict
from bench.runner.cells import Cell


def traces(results: Sequence[Result], qualities: Sequence[ReleaseQuality]) -> list[Cell]:
    """Questions about planted traces, for lines that lack nothing else to be called hidden."""
    marks = Marks(results, qualities)
    return [
        replace(shown.attack.cell, purpose="trace")
        for line in lines(results)
        if verdict(line, marks.evidence, marks.of_line(line)).lacks_trace
        for shown in marks.evidence.of_line(line)
        if shown.lacks_trace
    ]
