"""`bench report`: one HTML file about a run or a board, for readers who never saw the suite."""

from pathlib import Path
from typing import Annotated

import typer

from bench.commands import options as opt


def report(
    path: Annotated[Path, typer.Argument(help="Folder of a run or a board, or a CSV.")],
    out: Annotated[
        Path | None,
        typer.Option(help="File.", show_default="report.html in the folder, or BOARD.html here"),
    ] = None,
    with_images: Annotated[
        bool, typer.Option("--with-images", help="Include pictures of real people.")
    ] = False,
) -> None:
    """Write what a run or a board shows as one page that opens offline."""
    with opt.user_errors():
        from bench.reports.report import write_report

        print(write_report(path, out, with_images=with_images))
