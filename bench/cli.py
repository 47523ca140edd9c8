"""The command `bench`: assembles the commands."""

import os
import sys
import threading
import warnings
from importlib.metadata import version

import typer

from bench.commands.annotate import annotate_app
from bench.commands.apply import OperationsCommand, apply
from bench.commands.board import board_app
from bench.commands.check import check
from bench.commands.data import data_app
from bench.commands.gpu_check import gpu_check
from bench.commands.grid import grid
from bench.commands.judges import judges_app
from bench.commands.list import list_plugins
from bench.commands.new import new
from bench.commands.plan import plan
from bench.commands.protect import protect
from bench.commands.publish import bundle, publish, rescore, verify
from bench.commands.report import report
from bench.commands.run import run
from bench.commands.scores import scores_app
from bench.commands.store import store_app
from bench.commands.weights import weights_app

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(run)
app.command()(plan)
app.command("list")(list_plugins)
app.command()(grid)
app.command()(protect)
app.command()(report)
app.command()(publish)
app.command()(bundle)
app.command()(rescore)
app.command()(verify)
app.add_typer(board_app, name="board")
app.command()(check)
app.command()(gpu_check)
app.command()(new)
app.add_typer(data_app, name="data")
app.add_typer(annotate_app, name="annotate")
app.add_typer(weights_app, name="weights")
app.add_typer(judges_app, name="judges")
app.add_typer(scores_app, name="scores")
app.add_typer(store_app, name="store")
app.command(cls=OperationsCommand)(apply)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(f"bench {version('unmask-bench')}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Tests face de-identification defenses against trained attackers."""


def main() -> None:
    """Entry point of the command."""
    # Processes share the cores, not threads (bench.runner.engines.pool); torch reads it on import.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    warnings.formatwarning = lambda message, *_, **__: f"bench: {message}\n"
    try:
        app(prog_name="bench")
    except SystemExit as end:
        try:
            sys.stdout.flush()
        except BrokenPipeError:  # who read it has gone; Python would flush again, and complain
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(1) from end
        _leave(end)
        raise


def _leave(end: SystemExit) -> None:
    """Ends this process at once if a plugin's thread, or a stopped run, would keep it alive."""
    if any(
        not each.daemon for each in threading.enumerate() if each is not threading.main_thread()
    ):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)
