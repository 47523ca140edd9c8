"""Options that commands share, and how user errors are printed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands.stopping import Stopped, stoppable

if TYPE_CHECKING:
    from bench.runner.grid import Grid
    from bench.runner.step import Engine
    from bench.runner.store import Store

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
    bool,
    typer.Option("--saturation", help="Also train attackers on 1/4 and 1/2 of their pictures."),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, ...")]
Workers = Annotated[
    int,
    typer.Option(
        min=0, max=1024, help="Number of processes.", show_default="one per core, or one on a GPU"
    ),
]
StorePath = Annotated[
    Path | None, typer.Option("--store", help="Folder of the store.", show_default="user cache")
]
Plugins = Annotated[
    list[Path] | None, typer.Option("--plugin", help="A Python file that registers plugins.")
]


def grid_of(
    name: str,
    data: str | None,
    defenses: list[str] | None = None,
    attackers: list[str] | None = None,
    threats: list[str] | None = None,
    seeds: str | None = None,
    saturation: bool = False,
) -> "Grid":
    """The grid, with other data, attackers, threats or seeds in every task, and more defenses.

    Raises:
        ValueError: if a text is not a spec, or a seed not a number.
    """
    from bench.runner.grid import checked, read
    from bench.spec import Spec
    from bench.threats import current

    grid, update = read(name), dict[str, object]()
    if data:
        update["data"] = Spec.parse(data)
    if attackers:
        update |= {"attackers": tuple(map(Spec.parse, attackers)), "optional": ()}
    if threats:
        update["threats"] = tuple(current(Spec.parse(text)) for text in threats)
    added = tuple(map(Spec.parse, defenses or []))
    tasks = tuple(
        task.model_copy(update={**update, "defenses": (*task.defenses, *added)})
        for task in grid.tasks
    )
    numbers = grid.seeds if seeds is None else _numbers(seeds)
    saturation = grid.saturation or saturation
    return checked(name, {**dict(grid), "tasks": tasks, "seeds": numbers, "saturation": saturation})


def _numbers(seeds: str) -> tuple[int, ...]:
    try:
        return tuple(map(int, seeds.split(",")))
    except ValueError as error:
        raise ValueError(
            f"expected --seeds of numbers joined by commas, such as 0,1,2, got {seeds!r}"
        ) from error


def store_at(path: Path | None) -> "Store":
    """The store in a folder, or the user's."""
    import platformdirs

    from bench.runner.store import Store

    return Store(path or platformdirs.user_cache_path("unmask-bench"))


def engine_of(device: str, workers: int, plugins: list[Path] | None) -> "Engine":
    """The engine that options name.

    Raises:
        ValueError: if the device is not available.
    """
    from bench.nn.device import device_named
    from bench.runner.engines.options import engine_for

    return engine_for(device_named(device), workers, plugins or ())


@contextmanager
def user_errors(plugins: list[Path] | None = None) -> Iterator[None]:
    """Loads plugins; prints user errors as one line; when stopped, says how to go on."""
    try:
        with stoppable():
            from bench.registry import load_file

            for path in plugins or []:
                load_file(path)
            yield
    except (ValueError, OSError, ImportError) as error:
        print(f"bench: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        raise typer.Exit(128 + stopped.number) from stopped
