"""`bench check`: the contract of plugins."""

import textwrap
from typing import Annotated

import typer

from bench.commands import options as opt
from bench.spec import Spec

LONGEST = 300  # characters of a problem


def check(
    name: Annotated[str, typer.Argument(help="A plugin, e.g. blur:sigma=0.1")],
    data: Annotated[
        str | None,
        typer.Option(help="Try a defense on pictures of this data set.", show_default="drawn"),
    ] = None,
    plugin: opt.Plugins = None,
) -> None:
    """Run the contract that every plugin must pass."""
    with opt.user_errors(plugin):
        from bench.contract import TRIAL, checks

        n_failed = 0
        for found in checks(Spec.parse(name), Spec.parse(data) if data else TRIAL):
            n_failed += bool(found.problem)
            problem = textwrap.shorten(found.problem, LONGEST)
            print(f"FAIL {found.rule}: {problem}" if problem else f"ok   {found.rule}")
    raise typer.Exit(1 if n_failed else 0)
