"""The command `bench`: reads what was asked, calls what does it, prints what came of it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:  # imported where they are used: `bench --help` waits for none of them
    from bench.runner.grid import Grid
    from bench.runner.store import Store

app = typer.Typer(
    help="Puts every face de-identification defense before every attacker.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

data_app = typer.Typer(help="Look into a data set.", no_args_is_help=True)
app.add_typer(data_app, name="data")
weights_app = typer.Typer(help="Share what a defense learned.", no_args_is_help=True)
app.add_typer(weights_app, name="weights")

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
StorePath = Annotated[
    Path | None, typer.Option("--store", help="Where results are cached. [default: user cache]")
]
Plugins = Annotated[
    list[Path] | None, typer.Option("--plugin", help="A Python file that registers plugins.")
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
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, ...")] = "auto",
    workers: Annotated[
        int, typer.Option(min=0, help="Processes. [default: one per core, or one on a GPU]")
    ] = 0,
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
    with _told():
        asked = _grid(grid, data, defense, attacker, threat, seeds, saturation, plugin)
        from bench.nn.device import device_named
        from bench.reports.session import run_grid
        from bench.runner.pool import PoolEngine

        place = device_named(device)
        n_processes = workers or (_n_cores() if place == "cpu" else 1)
        engine = PoolEngine(n_processes, place, tuple(plugin or ()))
        folder = out or Path("runs") / asked.name
        failed = run_grid(asked, _store(store), folder, engine, with_images=with_images)
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
    with _told():
        asked = _grid(grid, data, defense, attacker, threat, seeds, saturation, plugin)
        from bench.reports.listings import print_plan

        print_plan(asked, _store(store))


@app.command("list")
def list_plugins(plugin: Plugins = None) -> None:
    """List plugins with fields and sources, threats and grids; broken ones with the reason."""
    with _told():
        _load(plugin)
        from bench.reports.listings import print_plugins

        print_plugins()


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="A plugin, e.g. blur:sigma=0.1")],
    plugin: Plugins = None,
) -> None:
    """Run the contract that every plugin must pass."""
    with _told():
        _load(plugin)
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
    with _told():
        _load(plugin)
        from bench.api import Dataset
        from bench.registry import make
        from bench.reports.audit import run_audit
        from bench.spec import Spec

        run_audit(make(Dataset, Spec.parse(data)), _store(store), out, target or [])


@weights_app.command("export")
def export_weights(
    defense: Annotated[str, typer.Argument(help="As in the grid; say what tells it apart.")],
    out: Annotated[Path, typer.Argument(help="The file to write, OUT.safetensors.")],
    data: Annotated[str | None, typer.Option(help="The data set that it was fitted to.")] = None,
    seed: Annotated[int | None, typer.Option(help="The seed that it was fitted with.")] = None,
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Write what a defense learned in a run to one file, with the recipe.

    Whoever has the file may have more of the people in the data than the defense gives out.
    """
    with _told():
        _load(plugin)
        from bench.reports.shared import print_exported
        from bench.runner.fits import export, fit_of
        from bench.spec import Spec

        known = _store(store)
        fit = fit_of(known, Spec.parse(defense), Spec.parse(data) if data else None, seed)
        export(known, fit, out)
        print_exported(fit.recipe, out)


@weights_app.command("import")
def import_weights(
    files: Annotated[list[Path], typer.Argument(help="Files of `bench weights export`.")],
    plugin: Plugins = None,
) -> None:
    """Check files of weights; tell what they hold and how a grid names them."""
    with _told():
        _load(plugin)
        from bench.reports.shared import print_shared

        for path in files:
            print_shared(path)


class _Verbs(TyperCommand):
    """A command whose help lists the verbs that are registered."""

    def format_help(self, *where: Any) -> None:
        """The help, with the verbs below."""
        from bench.reports.listings import verbs

        self.epilog = "\n\n".join(verbs())
        super().format_help(*where)


@app.command(cls=_Verbs)
def apply(
    verb: Annotated[str, typer.Argument(help="What to do, e.g. replace:person=3")],
    source: Annotated[Path, typer.Argument(metavar="IN", help="A picture, clip or folder.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.")],
    weights: Annotated[Path, typer.Option(help="A file of `bench weights export`.")],
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, ...")] = "auto",
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Do something with pictures by a trained defense.

    Writes pictures, a contact sheet, an animation and measures.csv. Judges of what comes out are
    taken from the store, if a grid has run there on the data that the defense was fitted to.
    """
    with _told():
        _load(plugin)
        from bench.nn.device import device_named
        from bench.reports.applied import run_verb
        from bench.runner.worker import Worker
        from bench.spec import Spec

        worker = Worker(device_named(device))
        run_verb(Spec.parse(verb), weights, source, out, _store(store), worker)


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

    _load(files)
    return changed(read(name), data, defenses or [], attackers, threats, seeds, saturation)


def _n_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # not everywhere; it knows of limits
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _load(files: list[Path] | None) -> None:
    from bench.registry import load_file

    for path in files or []:
        load_file(path)


def _store(path: Path | None) -> "Store":
    import platformdirs

    from bench.runner.store import Store

    return Store(path or platformdirs.user_cache_path("unmask-bench"))


@contextmanager
def _told() -> Iterator[None]:
    """Mistakes of the user's as one line; Ctrl-C as a word on how to go on."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        print(f"bench: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        print("\nbench: stopped; the same command goes on from here", file=sys.stderr)
        raise typer.Exit(130) from error
