"""`bench apply`: changes pictures with a trained defense."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from bench.commands import options as opt
from bench.spec import Spec
from bench.tables import NotAvailable, Number, Table, write_csv

if TYPE_CHECKING:
    from bench.operation import Applied, Operation, Pictures, Tools
    from bench.runner.store import Store
    from bench.runner.weights_file import WeightsFile
    from bench.runner.worker import Worker

N_COLUMNS, N_ROWS = 12, 16  # of a sheet, at most


class OperationsCommand(TyperCommand):
    """A command whose help lists the registered operations."""

    def format_help(self, *where: Any) -> None:
        """The help, with the operations below."""
        from bench.commands.list import described
        from bench.operation import Operation
        from bench.registry import plugins

        lines = [
            f"{name} ({plugin.defense}): {described(plugin)[0]}"
            for name, plugin in plugins("operation").items()
            if issubclass(plugin, Operation)
        ]
        self.epilog = "\n\n".join(lines or ["No operation is registered."])
        super().format_help(*where)


def apply(
    operation: Annotated[str, typer.Argument(help="What to do, e.g. replace:person=3")],
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="[IN] OUT", help="A picture, clip or folder, if any; a new folder."),
    ],
    weights: Annotated[Path, typer.Option(help="A file of `bench weights export`.")],
    device: opt.Device = "auto",
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
) -> None:
    """Change pictures with a trained defense.

    Writes pictures, a contact sheet, an animation and measures.csv. The results are judged by
    classifiers in the store, if a grid has run there on the data that the defense was fitted to.
    """
    with opt.user_errors(plugin):
        from bench.nn.device import device_named
        from bench.runner.worker import Worker

        worker = Worker(device_named(device))
        run_operation(Spec.parse(operation), weights, paths, opt.store_at(store), worker)


def run_operation(
    spec: Spec, weights: Path, paths: Sequence[Path], store: "Store", worker: "Worker"
) -> None:
    """Applies the operation to what is in the first path, if it takes pictures.

    The results are written to the last path, all or nothing.
    """
    from bench.data.image_files import frames
    from bench.operation import Operation
    from bench.registry import make
    from bench.reports.files import check_new

    operation, (*source, out) = make(Operation, spec), paths
    if len(source) != operation.takes_pictures:
        wanted = "IN and OUT" if operation.takes_pictures else "OUT alone"
        raise ValueError(f"expected {wanted} after {spec}, got {len(paths)} paths")
    check_new(out)
    file = _weights_for(operation, weights)
    side = file.recipe.shape[-1]
    pictures, n_resized = frames(source[0], side) if source else ({}, 0)
    if n_resized:
        cut = f"cut {n_resized} of {len(pictures)} pictures to a centred square"
        print(f"{cut} and resized them to {side} x {side} px")
    tools = _tools(operation, file, len(pictures), store, worker)
    for target, judge in tools.judges.items():
        print(f"judge of {target}: {judge.name}, accuracy {judge.accuracy:.1%} on raw pictures")
    applied = operation.apply(pictures, tools)
    said = _write(str(spec), applied, out)
    measures = _measures(applied)
    opt.show(measures._replace(title=str(spec)))
    for line in (*said, *_over(pictures)):
        print(line)
    print(f"{len(applied.pictures)} pictures in {out}/")


def _weights_for(operation: "Operation", path: Path) -> "WeightsFile":
    from bench.runner.weights_file import read

    file = read(path)
    if file.recipe.defense != operation.defense:
        raise ValueError(
            f"expected weights of {operation.defense} for {operation.name}, got those of "
            f"{file.recipe.defense} in {path}"
        )
    return file


def _tools(
    operation: "Operation", file: "WeightsFile", n_pictures: int, store: "Store", worker: "Worker"
) -> "Tools":
    import numpy as np

    from bench.api import Defense
    from bench.operation import Tools
    from bench.registry import make
    from bench.runner.rng import RowGenerators
    from bench.runner.stored_judges import stored_judges

    rngs = RowGenerators(np.arange(max(1, n_pictures)), 0, operation.defense, 0)
    return Tools(
        make(Defense, file.recipe.spec),
        file.weights,
        replace(worker.protecting(rngs), shape=file.recipe.shape),
        stored_judges(store, file.recipe.data_key, worker),
        _files(operation, file.recipe.shape[-1]),
    )


def _over(pictures: "Pictures") -> list[str]:
    """What the intervals are over, if there are pictures, in a line."""
    from bench.operation import folders

    n_folders = len(set(folders(pictures).tolist())) if pictures else 0
    over = f"over {n_folders} folders" if n_folders > 1 else "as if pictures were independent"
    return [f"intervals are {over}"] if pictures else []


def _files(operation: "Operation", size_px: int) -> "Pictures":
    """The pictures that the operation's fields name."""
    from bench.data.image_files import frames
    from bench.registry import fields_of

    found = {}
    for item in fields_of(operation):
        path = str(getattr(operation, item.name))
        if item.metadata.get("at") == "path" and path:
            pictures = frames(Path(os.path.expanduser(path)), size_px).pictures
            found[item.name] = next(iter(pictures.values()))
    return found


def _write(title: str, applied: "Applied", out: Path) -> list[str]:
    """Writes the results; what is not written, in lines."""
    from bench.reports.animation import write_animation
    from bench.reports.drawing import write_drawn
    from bench.reports.files import new_folder
    from bench.reports.sheet import Sheet, Strip, picture_of, sheet_files

    with new_folder(out) as draft:
        for name, image in applied.pictures.items():
            path = draft / "pictures" / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture_of(image).save(path)
        said = write_animation(applied.frames, draft) if len(applied.frames) else []
        rows = [(name, images) for name, images in applied.sheet.items() if len(images)]
        strips = {name: Strip(images[:N_COLUMNS]) for name, images in rows[:N_ROWS]}
        write_drawn(sheet_files(Sheet(title, strips)), draft, "sheet")
        write_csv(draft / "measures.csv", _measures(applied))
    return said


def _measures(applied: "Applied") -> Table:
    rows = [
        (name, NotAvailable(found), "", 0)
        if isinstance(found, str)
        else (name, Number(*found[:3], "fraction"), Number(found.chance, unit="fraction"), found.n)
        for name, found in applied.measures.items()
    ]
    return Table("", ("measure", "value", "chance", "n"), rows)
