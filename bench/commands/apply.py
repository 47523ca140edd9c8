"""`bench apply`: pictures changed by a trained defense."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from bench.commands.options import Device, Plugins, StorePath, load, store_at, told


class Verbs(TyperCommand):
    """A command whose help lists the verbs that are registered."""

    def format_help(self, *where: Any) -> None:
        """The help, with the verbs below."""
        from bench.reports.listings import verbs

        self.epilog = "\n\n".join(verbs())
        super().format_help(*where)


def apply(
    verb: Annotated[str, typer.Argument(help="What to do, e.g. replace:person=3")],
    source: Annotated[Path, typer.Argument(metavar="IN", help="A picture, clip or folder.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.")],
    weights: Annotated[Path, typer.Option(help="A file of `bench weights export`.")],
    device: Device = "auto",
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Do something with pictures by a trained defense.

    Writes pictures, a contact sheet, an animation and measures.csv. Judges of what comes out are
    taken from the store, if a grid has run there on the data that the defense was fitted to.
    """
    with told():
        load(plugin)
        from bench.nn.device import device_named
        from bench.reports.applied import run_verb
        from bench.runner.worker import Worker
        from bench.spec import Spec

        worker = Worker(device_named(device))
        run_verb(Spec.parse(verb), weights, source, out, store_at(store), worker)
