"""The progress of a plan on the terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bench.runner.stage import Stage
from bench.runner.step import Engine, Outcome
from bench.runner.store import Store


def watched(
    engine: Engine, stages: Sequence[Stage], store: Store, console: Console
) -> Iterator[Outcome]:
    """The outcomes of a plan: with a live bar on a terminal, else with a line per stage."""
    if console.is_terminal:
        yield from _with_bar(engine, stages, store, console)
        return
    for number, outcome in enumerate(engine.run(stages, store), start=1):
        if outcome.status != "cached":
            took = f"{outcome.seconds:.1f} s {outcome.reason}".strip()
            print(f"[{number}/{len(stages)}] {outcome.status} {outcome.stage}: {took}", flush=True)
        yield outcome


def _with_bar(
    engine: Engine, stages: Sequence[Stage], store: Store, console: Console
) -> Iterator[Outcome]:
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    described = TextColumn("{task.description}", markup=False)
    with Progress(*columns, described, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=len(stages))
        for outcome in engine.run(stages, store):
            bar.update(task, advance=1, description=f"{outcome.status} {outcome.stage}")
            if outcome.status == "failed":
                console.print(f"failed: {outcome.reason}", style="red", markup=False)
            yield outcome
