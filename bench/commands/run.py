"""`bench run`: runs a grid and writes its results."""

import json
import os
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt
from bench.tables import markdown, terminal

if TYPE_CHECKING:
    from rich.console import Console

    from bench.campaign import Campaign
    from bench.reports.records import Record


def run(
    grid: opt.GridName = "quick",
    data: opt.Data = None,
    defense: opt.Defenses = None,
    only: opt.Only = None,
    protected: opt.Protected = None,
    attacker: opt.Attackers = None,
    attack: opt.Attacks = None,
    threat: opt.Threats = None,
    seeds: opt.Seeds = None,
    saturation: opt.Saturation = False,
    device: opt.Device = "auto",
    workers: opt.Workers = 0,
    engine: opt.EngineName = "pool",
    address: opt.Address = "local",
    graphs: opt.Graphs = False,
    out: Annotated[Path | None, typer.Option(help="Folder.", show_default="runs/GRID")] = None,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
    with_images: Annotated[
        bool, typer.Option("--with-images", help="Include pictures of real people in sheets.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print errors and the last line only.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the records as JSON lines, all else on stderr.")
    ] = False,
) -> None:
    """Run a grid; write tables, records.csv, costs.csv and contact sheets.

    Run the same command again to resume a stopped run.

    Exit codes: 0 done, 1 a cell failed, 2 a mistake in the command, 130 stopped by Ctrl-C.
    """
    with opt.user_errors(plugin):
        from rich.console import Console

        from bench.campaign import run_grid
        from bench.commands.progress import watching
        from bench.runner.engines.options import engine_of
        from bench.runner.worker import GRAPHS

        chosen = opt.grid_of(
            grid, data, defense, attacker, threat, seeds, saturation, only, protected, attack
        )
        if graphs:
            os.environ[GRAPHS] = "1"
        runs = engine_of(device, workers, plugin, engine, address)
        place = opt.store_at(store)
        folder, console = out or Path("runs") / chosen.name, Console(stderr=as_json, quiet=quiet)
        watch = watching(runs, place, console)
        done = run_grid(chosen, place, watch, folder, with_images=with_images)
        tell(done, console, loud := Console(stderr=as_json))
        n_stages = f"{len(done.finished.plan.stages)} stages, {done.seconds:.0f} s"
        pictures = ", pictures (sheet-1.png)" if (folder / "sheet-1.png").exists() else ""
        last = f"{n_stages}. Tables{pictures} and data (records.csv): {folder}/"
        loud.print(last, markup=False, highlight=False, soft_wrap=True)
        for record in done.records if as_json else ():
            print(_as_json(record))
    raise typer.Exit(1 if done.n_failed else 0)


def tell(done: "Campaign", console: "Console", loud: "Console") -> None:
    """Prints verdicts and doubts, and failures on the second console."""
    from bench.reports.in_words import heading, lines_of_text, sentences
    from bench.reports.paper_tables import paper_tables
    from bench.reports.scenarios import scenarios

    is_narrow = not console.is_terminal or console.width <= opt.NARROW
    said = [heading(done.records, done.grid.name)]
    said += [*lines_of_text(done.records, is_narrow=is_narrow), *sentences(done.records)]
    for line in (*said, *(f"doubtful data: {doubt}" for doubt in done.doubts)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for table in (*scenarios(done.records), *paper_tables(done.records)):
        if is_narrow:
            console.print(markdown([table]), markup=False, highlight=False, soft_wrap=True)
        else:
            console.print(terminal(table))
    for reason in dict.fromkeys(done.failures):
        loud.print(f"failed: {reason}", style="red", markup=False, soft_wrap=True)


def _as_json(record: "Record") -> str:
    """A record as a line of JSON; what is undefined is null."""
    fields = record._asdict().items()
    known = {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in fields}
    return json.dumps(known, ensure_ascii=False)
