"""`bench data get`: downloads data sets, or says how to ask for them."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt
from bench.names import hint

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


def get(
    names: Annotated[list[str], typer.Argument(help="Data sets, e.g. genki4k.")],
    to: Annotated[
        Path | None, typer.Option(help="Folder of all data.", show_default="$BENCH_DATA")
    ] = None,
) -> None:
    """Download data sets that anybody may have; of all others, say how to ask for them.

    Files are checked by SHA-256. A download that stopped goes on where it was.
    """
    with opt.user_errors():
        from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

        from bench.data.downloads import DOWNLOADS, fetched
        from bench.data.official import data_home
        from bench.registry import plugins, stated

        _check(names)
        home = to or data_home("--to FOLDER")
        columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn())
        for name in names:
            folder = home / name
            with Progress(*columns, transient=True) as bar:
                for download in DOWNLOADS[name]:
                    task = bar.add_task(download.file, total=None)
                    fetched(download, folder, partial(_show, bar, task))
            print(f"{folder}: {stated(plugins('dataset')[name], 'Licence')}")


def _check(names: list[str]) -> None:
    """Raises ValueError if one is not a data set, or not one that anybody may download."""
    from bench.data.downloads import DOWNLOADS
    from bench.registry import plugins, stated

    known = plugins("dataset")
    for name in names:
        if name not in known:
            raise ValueError(f"expected a data set, got {name!r}; {hint(name, known)}")
        if name not in DOWNLOADS:
            access = stated(known[name], "Access") or "it needs no download"
            raise ValueError(f"expected one of {list(DOWNLOADS)}, got {name}: {access}")


def _show(bar: "Progress", task: "TaskID", n_here: int, n_all: int) -> None:
    bar.update(task, completed=n_here, total=n_all or None)
