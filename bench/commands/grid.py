"""`bench grid`: prints a bundled grid, as a start for a grid of one's own."""

from typing import Annotated

import typer

from bench.commands import options as opt
from bench.names import hint


def grid(
    name: Annotated[str, typer.Argument(help="One of those that `bench list` names.")],
) -> None:
    """Print the TOML of a bundled grid: `bench grid quick > mine.toml`."""
    with opt.user_errors():
        from bench.runner.grid import bundled

        known = bundled()
        if name not in known:
            raise ValueError(f"expected a bundled grid, got {name!r}; {hint(name, known)}")
        print(known[name], end="")
