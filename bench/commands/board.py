"""`bench board`: what a published board says, and what differs between two."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt

if TYPE_CHECKING:
    from bench.reports.records import Record

board_app = typer.Typer(help="Look at published boards and compare them.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="Folder of a board.")]
Either = Annotated[
    str, typer.Argument(help="A board's folder, FOLDER@VERSION, a run's folder, or a CSV.")
]


@board_app.command()
def show(
    board: Folder,
    version: Annotated[
        int | None, typer.Option(help="As it was at this version.", show_default="the newest")
    ] = None,
    since: Annotated[
        int | None, typer.Option(help="Also print what changed since a version.")
    ] = None,
) -> None:
    """Print verdicts, Pareto front, ties, and whose attack is the strongest."""
    with opt.user_errors():
        from bench.reports.published import board_at, standing
        from bench.reports.standings import changes

        for table in standing(board, version):
            opt.show(table)
        if since is not None:
            opt.show(changes(board_at(board, since).records, board_at(board, version).records))


@board_app.command()
def diff(old: Either, new: Either) -> None:
    """Print the lines whose verdict or leakage differs, and how many cells do."""
    with opt.user_errors():
        from bench.reports.standings import changes

        opt.show(changes(_records(old), _records(new)))


def _records(text: str) -> "list[Record]":
    """The records of a board, a version of one, or a run.

    Raises:
        FileNotFoundError: if it is none of these.
        ValueError: if it is damaged.
    """
    from bench.reports.boards import read_records
    from bench.reports.published import board_at

    name, _, version = text.rpartition("@")
    if name and version.isdecimal():
        return board_at(Path(name), int(version)).records
    path = Path(text)
    if (path / "entries").is_dir():
        return board_at(path).records
    table = path / "records.csv" if path.is_dir() else path
    if not table.is_file():
        raise FileNotFoundError(f"expected a board, a run or a CSV, got {text}")
    return read_records(table)
