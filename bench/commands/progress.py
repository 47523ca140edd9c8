"""The progress of a run on the terminal."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.api import Attacker
from bench.commands.stopping import Stopped
from bench.metrics.advantage import guessed, right_statistic
from bench.registry import brief, spec_of
from bench.reports.results import results
from bench.reports.selection import strongest
from bench.rounds import RunStages
from bench.runner.plan import Goal, Plan
from bench.runner.schedule import expected_wall_s
from bench.runner.stage import Stages
from bench.runner.step import Engine, Outcome
from bench.runner.store import Store


def watching(engine: Engine, store: Store, console: Console) -> RunStages:
    """Runs stages on an engine, and says what the attacks on each goal found."""
    return lambda stages, goals, planned: watched(
        engine, stages, store, console, goals, lambda goal: glance(goal, planned, store)
    )


def watched(
    engine: Engine,
    stages: Stages,
    store: Store,
    console: Console,
    goals: Sequence[Goal] = (),
    found: Callable[[Goal], str] = lambda goal: "",
) -> Iterator[Outcome]:
    """The outcomes of a plan, with a line per goal and, on a terminal, a live bar.

    `found` returns the text for a goal that was reached.
    """
    clock = _Clock(engine, stages, store, goals)
    awaited = [(goal, {stage.key for stage in goal.stages}, set[str]()) for goal in goals]
    described = TextColumn("{task.description}", markup=False)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), described)
    # The bar is for terminals (in notebooks, rich loses lines beside it); lines are everywhere.
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("starting", total=len(stages))
        try:
            for outcome in engine.run(stages, store, [goal.stages for goal in goals]):
                clock.settle(outcome)
                about = f"{clock.left()}; {outcome.status} {outcome.stage}"
                bar.update(task, advance=1, description=about)
                if outcome.status == "failed":
                    line = f"failed: {outcome.reason}"
                    bar.console.print(line, style="red", markup=False, soft_wrap=True)
                for goal in _reached(awaited, outcome):
                    line = f"[{clock.elapsed_s:4.0f} s, {clock.left()}] {goal}: {found(goal)}"
                    bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
                yield outcome
        except Stopped as stopped:
            stopped.where = f" after {bar.tasks[0].completed:.0f} of {len(stages)} stages"
            raise


def duration(seconds: float) -> str:
    """A rounded duration as text, such as `40 s`, `5 min`, `3.5 h`."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"


def _reached(
    awaited: Iterable[tuple[Goal, set[str], set[str]]], outcome: Outcome
) -> Iterator[Goal]:
    """Goals whose last stage this is, unless all were stored before."""
    for goal, keys, made in awaited:
        if outcome.stage.key in keys:
            keys.remove(outcome.stage.key)
            made |= {outcome.status} - {"cached"}
            if made and not keys:
                yield goal


class _Clock:
    """Estimates the time left: from expected seconds at first, then from those measured."""

    def __init__(self, engine: Engine, stages: Stages, store: Store, goals: Sequence[Goal]) -> None:
        missing = [stage for stage in stages if stage.key not in store]
        asked = [goal.stages for goal in goals]
        self._wall_s = expected_wall_s(missing, asked, engine.n_processes, engine.devices)
        self._work_s = sum(stage.seconds for stage in missing)
        self._done_s, self._start = 0.0, time.monotonic()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._start

    def settle(self, outcome: Outcome) -> None:
        if outcome.status != "cached":
            self._done_s += outcome.stage.seconds

    def left(self) -> str:
        share = min(1.0, self._done_s / self._work_s) if self._work_s else 1.0
        # a mean of expected and measured total, weighted by the share of work that is done
        total_s = (1 - share) * self._wall_s + self.elapsed_s
        return f"about {duration((1 - share) * total_s)} left"


def glance(goal: Goal, plan: Plan, store: Store) -> str:
    """The share that the strongest attack on validation pictures gets right on the probe."""
    found = results(goal.cells, {cell: plan.of[cell].keys for cell in goal.cells}, store, {})
    choice = strongest(found, inverts=goal.cells[0].purpose != "utility")
    if choice is None:
        return "no answers"
    try:
        share = right_statistic(choice.probe, choice.sign)(np.ones((1, len(choice.probe))))[0]
    except ValueError:  # one class only among the probe pictures
        return "undefined"
    cell = choice.result.cell
    spec = spec_of(cell.attacker)
    of_name = {spec_of(one.attacker) for one in goal.cells if one.attacker.name == spec.name}
    attacker = spec.name if len(of_name) == 1 else brief(Attacker, spec)
    attack = f"{attacker} {cell.threat_spec}"
    return f"{share:.0%} right, chance {guessed(choice.probe):.0%} ({attack})"
