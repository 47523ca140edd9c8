"""Runs a grid in two rounds: all questions, then planted traces where nothing was found."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from bench.reports.lines import lines
from bench.reports.marks import Marks
from bench.reports.qualities import ReleaseQuality, release_qualities
from bench.reports.results import Result, results
from bench.reports.verdicts import verdict
from bench.runner.cells import Cell
from bench.runner.plan import Goal, Plan, plan
from bench.runner.stage import Stages
from bench.runner.step import Outcome, heal
from bench.runner.store import Store

_log = logging.getLogger(__name__)
RunStages = Callable[[Stages, Sequence[Goal], Plan], Iterable[Outcome]]


class Finished(NamedTuple):
    """A grid that has run."""

    cells: Sequence[Cell]
    plan: Plan
    outcomes: Sequence[Outcome]
    results: Sequence[Result]
    qualities: Sequence[ReleaseQuality]


def run_rounds(cells: Sequence[Cell], store: Store, run: RunStages) -> Finished:
    """Plans and runs the cells, then the traces that they call for.

    `run` gets stages, the goals among them, and the plan of all cells so far.
    """
    planned = plan(cells, store.root)
    outcomes = _run(run, planned, planned.stages, planned.goals, store)
    found = _finished(cells, planned, outcomes, store)
    more = _traces(found)
    if not more:
        return found
    planned, known = plan([*cells, *more], store.root), {stage.key for stage in planned.stages}
    stages = [stage for stage in planned.stages if stage.key not in known]
    goals = [goal for goal in planned.goals if any(cell.purpose == "trace" for cell in goal.cells)]
    outcomes += _run(run, planned, stages, goals, store)
    return _finished([*cells, *more], planned, outcomes, store)


def _run(
    run: RunStages, planned: Plan, stages: Stages, goals: Sequence[Goal], store: Store
) -> list[Outcome]:
    """Runs stages and logs what was damaged; afterwards, all that reports read is sound."""
    for stage in stages:
        store.touch(stage.key)
    ends = {stage.key for each in planned.of.values() for stage in each.ends}
    damaged = heal(stages, store, ends)
    outcomes = list(run(stages, goals, planned))
    for outcome in outcomes:
        damaged += outcome.healed
    for line in damaged:
        _log.warning(line)
    return outcomes


def _finished(
    cells: Sequence[Cell], planned: Plan, outcomes: Sequence[Outcome], store: Store
) -> Finished:
    failed = {outcome.stage.key: outcome.reason for outcome in outcomes if outcome.reason}
    keys = planned.keys
    found = results(cells, keys, store, failed)
    return Finished(cells, planned, outcomes, found, release_qualities(cells, keys, store))


def _traces(found: Finished) -> list[Cell]:
    """Questions about planted traces, for lines that lack nothing else to be called hidden."""
    marks = Marks(found.results, found.qualities)
    return [
        replace(shown.attack.cell, purpose="trace")
        for line in lines(found.results)
        if verdict(line, marks.evidence, marks.of_line(line)).lacks_trace
        for shown in marks.evidence.of_line(line)
        if shown.lacks_trace
    ]
