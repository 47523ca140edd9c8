"""What commands share: options, and how mistakes are told."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # imported where they are used: `bench --help` waits for none of them
    from bench.runner.store import Store

Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, ...")]
Workers = Annotated[
    int, typer.Option(min=0, help="Processes. [default: one per core, or one on a GPU]")
]
StorePath = Annotated[
    Path | None, typer.Option("--store", help="Where results are cached. [default: user cache]")
]
Plugins = Annotated[
    list[Path] | None, typer.Option("--plugin", help="A Python file that registers plugins.")
]


def n_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not everywhere; it knows of limits
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load(files: list[Path] | None) -> None:
    """Registers the plugins of files."""
    from bench.registry import load_file

    for path in files or []:
        load_file(path)


def store_at(path: Path | None) -> "Store":
    """The store in a folder, or the user's."""
    import platformdirs

    from bench.runner.store import Store

    return Store(path or platformdirs.user_cache_path("unmask-bench"))


@contextmanager
def told() -> Iterator[None]:
    """Mistakes of the user's as one line; Ctrl-C as a word on how to go on."""
    try:
        yield
    except (ValueError, OSError, ImportError) as error:
        print(f"bench: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        print("\nbench: stopped; the same command goes on from here", file=sys.stderr)
        raise typer.Exit(130) from error
