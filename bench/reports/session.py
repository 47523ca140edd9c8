"""One run of a grid on this machine: plan, run with progress, write, print."""

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from bench.reports import scenarios
from bench.reports.files import (
    write_costs,
    write_judges,
    write_linkage,
    write_records,
    write_roc,
    write_scenarios,
    write_table,
)
from bench.reports.progress import watched
from bench.reports.records import Record, records
from bench.reports.results import looks, results
from bench.reports.roc import draw, rocs
from bench.reports.samples import samples
from bench.reports.sheet import sheets
from bench.reports.table import NOTE, Table, tables
from bench.runner.cells import cells, check_askable
from bench.runner.engine import Engine
from bench.runner.grid import Grid
from bench.runner.plan import Planner
from bench.runner.store import Store


def run_grid(grid: Grid, store: Store, out: Path, engine: Engine, *, with_images: bool) -> int:
    """Runs the grid and writes its results to `out`.

    Returns:
        the number of cells that failed.
    """
    console = Console()
    start = time.perf_counter()
    asked = list(cells(grid))
    check_askable(asked)
    planner = Planner(store.root)
    plan = planner.plan(asked)
    out.mkdir(parents=True, exist_ok=True)
    outcomes = list(watched(engine, plan, store, console))
    lost = {outcome.stage.key: outcome.reason for outcome in outcomes if outcome.reason}
    found = results(asked, planner, store, lost)
    lines = records(found, looks(asked, planner, store))
    write_records(lines, out / "records.csv")
    write_table(lines, out / "table.md")
    write_scenarios(lines, out / "scenarios.md")
    write_linkage(lines, out / "linkage.md")
    write_judges(lines, out / "judges.md")
    curves = list(rocs(found))
    write_roc(curves, out / "roc.csv")
    draw(curves, out / "roc.png")
    write_costs(outcomes, store, out / "costs.csv")
    sheets(found, planner, store, out, with_images=with_images)
    samples(asked, planner, store, out, with_images=with_images)
    _print(lines, console)
    failed = [result for result in found if result.status == "failed"]
    for reason in dict.fromkeys(result.reason for result in failed):
        console.print(f"failed: {reason}", style="red", markup=False)
    seconds = time.perf_counter() - start
    console.print(f"{len(plan)} stages, {seconds:.0f} s; results in {out}/", highlight=False)
    return len(failed)


def _print(lines: Sequence[Record], console: Console) -> None:
    for shown, note in ((tables(lines), NOTE), (scenarios.scenarios(lines), scenarios.NOTE)):
        for table in shown:
            console.print(_rich(table))
        if shown:
            console.print(note, style="dim", highlight=False, markup=False)


def _rich(table: Table) -> RichTable:
    shown = RichTable(title=Text(table.title), title_justify="left")
    for number, heading in enumerate(table.columns):
        shown.add_column(Text(heading), justify="left" if number == 0 else "right")
    for row in table.rows:
        shown.add_row(*(Text(cell) for cell in row))
    return shown
