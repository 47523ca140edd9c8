"""`bench check`: the contract of plugins."""

from typing import Annotated

import typer

from bench.commands import options as opt


def check(
    name: Annotated[str, typer.Argument(help="A plugin, e.g. blur:sigma=0.1")],
    plugin: opt.Plugins = None,
) -> None:
    """Run the contract that every plugin must pass."""
    with opt.user_errors(plugin):
        from bench.contract import checks
        from bench.spec import Spec

        n_failed = 0
        for found in checks(Spec.parse(name)):
            n_failed += bool(found.problem)
            print(f"FAIL {found.rule}: {found.problem}" if found.problem else f"ok   {found.rule}")
    raise typer.Exit(1 if n_failed else 0)
