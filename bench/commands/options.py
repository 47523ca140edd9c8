"""Options that commands share, and how user errors are printed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    bool, typer.Option("--saturation", help="Also train on 1/4 and 1/2 of the pictures.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, ...")]
Workers = Annotated[
    int, typer.Option(min=0, help="Processes. [default: one per core, or one on a GPU]")
]
StorePath = Annotated[
    Path | None, typer.Option("--store", help="Folder of the cache. [default: user cache]")
]
Plugins = Annotated[
    list[Path] | None, typer.Option("--plugin", help="A Python file that registers plugins.")
]


def load_plugins(files: list[Path] | None) -> None:
    """Registers the plugins of files."""
    from bench.registry import load_file

    for path in files or []:
        load_file(path)


def grid_of(
    name: str,
    data: str | None,
    defenses: list[str] | None,
    attackers: list[str] | None,
    threats: list[str] | None,
    seeds: str | None,
    saturation: bool,
    plugins: list[Path] | None,
) -> "Grid":
    """The grid with the parts that options replace; defenses are added."""
    from bench.runner.grid import changed, read

    load_plugins(plugins)
    return changed(read(name), data, defenses or [], attackers, threats, seeds, saturation)


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
def user_errors() -> Iterator[None]:
    """Print user errors as one line; on Ctrl-C, say how to resume."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        print(f"bench: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        print("\nbench: stopped; run the same command again to resume", file=sys.stderr)
        raise typer.Exit(130) from error
