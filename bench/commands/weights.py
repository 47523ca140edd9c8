"""`bench weights`: what a defense learned, to give away and to take."""

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.options import Plugins, StorePath, load, store_at, told

weights_app = typer.Typer(help="Share what a defense learned.", no_args_is_help=True)


@weights_app.command("export")
def export_weights(
    defense: Annotated[str, typer.Argument(help="As in the grid; say what tells it apart.")],
    out: Annotated[Path, typer.Argument(help="The file to write, OUT.safetensors.")],
    data: Annotated[str | None, typer.Option(help="The data set that it was fitted to.")] = None,
    seed: Annotated[int | None, typer.Option(help="The seed that it was fitted with.")] = None,
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Write what a defense learned in a run to one file, with the recipe.

    Whoever has the file may have more of the people in the data than the defense gives out.
    """
    with told():
        load(plugin)
        from bench.reports.shared import print_exported
        from bench.runner.fits import export, fit_of
        from bench.spec import Spec

        known = store_at(store)
        fit = fit_of(known, Spec.parse(defense), Spec.parse(data) if data else None, seed)
        export(known, fit, out)
        print_exported(fit.recipe, out)


@weights_app.command("import")
def import_weights(
    files: Annotated[
        list[Path], typer.Argument(help="Files of `bench weights export`, or published networks.")
    ],
    plugin: Plugins = None,
) -> None:
    """Check files of weights; tell what they hold and how a grid names them.

    A state dict that others have published (.pt, .pth, .pkl) is shown to the defenses that take
    such a one, such as `san` the network of its authors.
    """
    with told():
        load(plugin)
        from bench.reports.shared import print_shared

        for path in files:
            print_shared(path)
