"""`bench run`: runs a grid and writes its results."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt

if TYPE_CHECKING:
    from bench.runner.cells import Cell
    from bench.runner.grid import Grid
    from bench.runner.step import Engine
    from bench.runner.store import Store


def run(
    grid: opt.GridName = "quick",
    data: opt.Data = None,
    defense: opt.Defenses = None,
    attacker: opt.Attackers = None,
    threat: opt.Threats = None,
    seeds: opt.Seeds = None,
    saturation: opt.Saturation = False,
    device: opt.Device = "auto",
    workers: opt.Workers = 0,
    out: Annotated[Path | None, typer.Option(help="Folder.", show_default="runs/GRID")] = None,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
    with_images: Annotated[
        bool, typer.Option("--with-images", help="Include pictures of real people in sheets.")
    ] = False,
) -> None:
    """Run a grid; write tables, records.csv, costs.csv and contact sheets.

    Run the same command again to resume a stopped run. Exit code 1 if a cell failed.
    """
    with opt.user_errors(plugin):
        chosen = opt.grid_of(grid, data, defense, attacker, threat, seeds, saturation)
        engine = opt.engine_of(device, workers, plugin)
        folder = out or Path("runs") / chosen.name
        n_failed = run_grid(chosen, opt.store_at(store), folder, engine, with_images=with_images)
    raise typer.Exit(1 if n_failed else 0)


def run_grid(
    grid: "Grid", store: "Store", folder: Path, engine: "Engine", *, with_images: bool
) -> int:
    """Runs the grid, writes its results to the folder; returns how many cells or stages failed."""
    from rich.console import Console

    from bench.commands.progress import watched
    from bench.commands.rounds import run_rounds
    from bench.reports import cmc
    from bench.reports.boards import write_board
    from bench.reports.files import write_costs, write_roc, write_tables
    from bench.reports.glance import glance
    from bench.reports.pictures import samples, sheets
    from bench.reports.provenance import provenance
    from bench.reports.records import records
    from bench.reports.results import figures_in
    from bench.reports.roc import draw, rocs
    from bench.reports.summary import heading, lines_of_text
    from bench.runner.cells import cells, check_any_applies

    console, start = Console(), time.perf_counter()
    asked = list(cells(grid))
    check_any_applies(asked)
    folder.mkdir(parents=True, exist_ok=True)
    done = run_rounds(
        asked,
        store,
        lambda stages, goals, planned: watched(
            engine, stages, store, console, goals, lambda goal: glance(goal, planned, store)
        ),
    )
    found, planned = done.results, done.plan
    lines = records(found, done.qualities)
    costs = [store.recipe(stage.key) for stage in planned.stages if stage.key in store]
    facts = provenance(
        device=", ".join(sorted({str(cost["device"]) for cost in costs})),
        seconds=round(sum(float(str(cost["seconds"])) for cost in costs)),  # of all stages
    )
    write_board(lines, folder / "records.csv", facts)
    write_tables(lines, folder, doubts := list(_doubts(asked, store)))
    if curves := list(rocs(found)):
        write_roc(curves, folder / "roc.csv")
        draw(curves, folder / "roc.png", figures_in(store))
    if ranks := list(cmc.cmcs(found)):
        cmc.write_cmc(ranks, folder / "cmc.csv")
        draw(ranks, folder / "cmc.png", figures_in(store), cmc.AXES)
    write_costs(done.outcomes, store, folder / "costs.csv")
    sheets(found, planned, store, folder, with_images=with_images)
    samples(asked, planned, store, folder, with_images=with_images)
    said = [heading(lines, grid.name), *lines_of_text(lines)]
    for line in (*said, *(f"doubtful data: {doubt}" for doubt in doubts)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    failed = [result for result in found if result.status == "failed"]
    for reason in dict.fromkeys(result.reason for result in failed):
        console.print(f"failed: {reason}", style="red", markup=False)
    took = f"{len(planned.stages)} stages, {time.perf_counter() - start:.0f} s"
    print(f"{took}. Tables, pictures (sheet-1.png) and data (records.csv): {folder}/")
    n_stages = sum(outcome.status == "failed" for outcome in done.outcomes)
    return max(len(failed), n_stages)  # a control may fail, too


def _doubts(asked: Sequence["Cell"], store: "Store") -> Iterator[str]:
    """What an audit finds in photographs: equal pictures in two roles, borders that tell people."""
    from bench.api import Dataset
    from bench.audit.checks import leaks
    from bench.registry import brief, spec_of

    for data in dict.fromkeys(cell.data for cell in asked if not cell.data.shareable):
        with suppress(ValueError, OSError):  # data that cannot be loaded have failed cells
            if found := leaks(data, store):
                yield f"{brief(Dataset, spec_of(data, without=('path',)))}: {', '.join(found)}"
