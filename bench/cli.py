"""The command `bench`: reads what was asked, calls what does it, prints what came of it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.annotate import annotate_app
from bench.commands.apply import Verbs, apply
from bench.commands.options import (
    Device,
    Plugins,
    StorePath,
    Workers,
    load,
    n_cores,
    store_at,
    told,
)
from bench.commands.weights import weights_app

if TYPE_CHECKING:  # imported where they are used: `bench --help` waits for none of them
    from bench.runner.grid import Grid

app = typer.Typer(
    help="Puts every face de-identification defense before every attacker.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

data_app = typer.Typer(help="Look into a data set.", no_args_is_help=True)
app.add_typer(data_app, name="data")
app.add_typer(annotate_app, name="annotate")
app.add_typer(weights_app, name="weights")
app.command(cls=Verbs)(apply)

GridName = Annotated[str, typer.Argument(help="A TOML file, or a bundled grid.")]
Data = Annotated[str | None, typer.Option(help="Use this data set in every task.")]
Defenses = Annotated[
    list[str] | None, typer.Option("--defense", help="Add a defense to every task.")
]
Attackers = Annotated[
    list[str] | None, typer.Option("--attacker", help="Use these attackers in every task.")
]
Threats = Annotated[
    list[str] | None, typer.Option("--threat", help="Use these threats in every task.")
]
Seeds = Annotated[str | None, typer.Option(help="Use these seeds, e.g. 0,1,2.")]
Saturation = Annotated[
    bool, typer.Option("--saturation", help="Also train on 1/4 and 1/2 of the pictures.")
]


@app.command()
def run(
    grid: GridName = "quick",
    data: Data = None,
    defense: Defenses = None,
    attacker: Attackers = None,
    threat: Threats = None,
    seeds: Seeds = None,
    saturation: Saturation = False,
    device: Device = "auto",
    workers: Workers = 0,
    out: Annotated[Path | None, typer.Option(help="Folder. [default: runs/GRID]")] = None,
    store: StorePath = None,
    plugin: Plugins = None,
    with_images: Annotated[
        bool, typer.Option("--with-images", help="Print real people on sheets, too.")
    ] = False,
) -> None:
    """Run a grid; write tables, records.csv, costs.csv and contact sheets.

    The same command goes on where a killed run stopped. Exit code 1 if a cell failed.
    """
    with told():
        asked = _grid(grid, data, defense, attacker, threat, seeds, saturation, plugin)
        from bench.nn.device import device_named
        from bench.reports.session import run_grid
        from bench.runner.pool import PoolEngine

        place = device_named(device)
        n_processes = workers or (n_cores() if place == "cpu" else 1)
        engine = PoolEngine(n_processes, place, tuple(plugin or ()))
        folder = out or Path("runs") / asked.name
        failed = run_grid(asked, store_at(store), folder, engine, with_images=with_images)
    raise typer.Exit(1 if failed else 0)


@app.command()
def plan(
    grid: GridName = "quick",
    data: Data = None,
    defense: Defenses = None,
    attacker: Attackers = None,
    threat: Threats = None,
    seeds: Seeds = None,
    saturation: Saturation = False,
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Say what a run would do: stages, what is cached, expected time."""
    with told():
        asked = _grid(grid, data, defense, attacker, threat, seeds, saturation, plugin)
        from bench.reports.listings import print_plan

        print_plan(asked, store_at(store))


@app.command("list")
def list_plugins(plugin: Plugins = None) -> None:
    """List plugins with fields and sources, threats and grids; broken ones with the reason."""
    with told():
        load(plugin)
        from bench.reports.listings import print_plugins

        print_plugins()


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A plugin, e.g. blur:sigma=0.1")],
    plugin: Plugins = None,
) -> None:
    """Run the contract that every plugin must pass."""
    with told():
        load(plugin)
        from bench.contract import checks
        from bench.spec import Spec

        failed = 0
        for found in checks(Spec.parse(name)):
            failed += bool(found.problem)
            print(f"FAIL {found.rule}: {found.problem}" if found.problem else f"ok   {found.rule}")
    raise typer.Exit(1 if failed else 0)


@data_app.command()
def audit(
    data: Annotated[str, typer.Argument(help="A data set, e.g. lfw:protocol=open")],
    target: Annotated[
        list[str] | None,
        typer.Option(help="What nothing but faces should tell. [default: identity, gender, ...]"),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of audit.csv.")] = Path("runs/audit"),
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Tell what a data set gives away besides faces, and whether its roles differ.

    Prints a table and writes audit.csv. What leaks is a finding, no failure: exit code 0.
    """
    with told():
        load(plugin)
        from bench.api import Dataset
        from bench.registry import make
        from bench.reports.audit import run_audit
        from bench.spec import Spec

        run_audit(make(Dataset, Spec.parse(data)), store_at(store), out, target or [])


@data_app.command()
def save(
    data: Annotated[str, typer.Argument(help="A data set, e.g. synthetic:size=64")],
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    role: Annotated[
        str | None, typer.Option(help="Only those of defender, attacker or probe.")
    ] = None,
    plugin: Plugins = None,
) -> None:
    """Write the pictures of a data set to files, with labels.csv: as `folder` reads them."""
    with told():
        load(plugin)
        from bench.api import Dataset
        from bench.registry import make
        from bench.reports.saved import save_data
        from bench.spec import Spec

        save_data(make(Dataset, Spec.parse(data)), role, out)


def main() -> None:
    """Entry point of the command."""
    # Processes share the cores, not threads (bench.runner.pool); read when torch is imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    app()


def _grid(
    name: str,
    data: str | None,
    defenses: list[str] | None,
    attackers: list[str] | None,
    threats: list[str] | None,
    seeds: str | None,
    saturation: bool,
    files: list[Path] | None,
) -> "Grid":
    """The grid with what the options replace (defenses: add)."""
    from bench.runner.grid import changed, read

    load(files)
    return changed(read(name), data, defenses or [], attackers, threats, seeds, saturation)
