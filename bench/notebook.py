"""The suite from Python: runs, plans and protects as the commands do, and returns values."""

import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from html import escape
from importlib.metadata import entry_points
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from bench.api import Collection, Dataset, Plugin
from bench.campaign import Campaign, run_grid
from bench.commands.options import grid_of, store_at
from bench.commands.progress import watching
from bench.faces import describe
from bench.names import hint
from bench.nn.device import device_named
from bench.registry import make, plugins, register, spec_of
from bench.reports import boards
from bench.reports.in_words import lines_of_text
from bench.reports.pictures import sheets
from bench.reports.records import Record
from bench.reports.summary import summaries
from bench.runner.cells import Cell, cells
from bench.runner.engines.local import LocalEngine
from bench.runner.engines.options import engine_of
from bench.runner.fingerprint import OURS
from bench.runner.grid import Grid, checked
from bench.runner.picture_files import Protector
from bench.runner.plan import Goal, Plan
from bench.runner.plan import plan as plan_of
from bench.runner.stage import Stages
from bench.runner.step import Engine, Outcome
from bench.runner.worker import Worker
from bench.spec import Spec
from bench.tables import Table

if TYPE_CHECKING:
    from pandas import DataFrame
    from PIL.Image import Image

    Pictures = TypeVar("Pictures", NDArray[np.uint8], Image)

Named = str | Spec | Plugin | type[Plugin]  # a plugin: its name with fields, an instance or a class
Several = Named | Iterable[Named]
AnyGrid = str | Path | Grid | Mapping[str, object]  # a name, a file, or the content of one
_SAID = ["task", "target", "defense", "form", "cleaned", "seed", "value", "low", "high"]
_SAID += ["verdict", "reason"]


class Run:
    """A grid that has run; `failures` are the reasons of failed cells."""

    def __init__(self, done: Campaign) -> None:
        self._done, self.failures = done, done.failures

    @property
    def records(self) -> "DataFrame":
        """A row per number, with the columns of records.csv and what its JSON says of them."""
        return _frame(self._done.records)

    @property
    def verdicts(self) -> "DataFrame":
        """The leakage of each defense, and what may be said of it, in words."""
        lines = self.records.query("purpose == 'headline' and metric == 'leakage'")
        return lines[_SAID]

    def table(self, task: str = "") -> Table:
        """The table of verdicts with `task` in its title; by default the first.

        Raises:
            ValueError: if there is none.
        """
        found = {table.title: table for table in summaries(self._done.records)}
        for title, table in found.items():
            if task in title:
                return table
        raise ValueError(f"expected a task of the run, got {task!r}; {hint(task, found)}")

    def sheet(self, name: str = "sheet-1", *, with_images: bool = False) -> "Image":
        """A sheet by its name, such as `sheet-2`; of real people only `with_images`.

        Raises:
            ValueError: if there is none.
        """
        from PIL.Image import open as opened

        _, planned, _, found, _ = self._done.finished
        with TemporaryDirectory() as folder:
            sheets(found, planned, self._done.store, Path(folder), with_images=with_images)
            paths = {path.stem: path for path in Path(folder).glob("*.png")}
            if name not in paths:
                people = "" if with_images else " (those of real people need with_images=True)"
                raise ValueError(f"expected a sheet, got {name!r}; {hint(name, paths)}{people}")
            with opened(paths[name]) as image:
                return image.copy()

    def __str__(self) -> str:
        """The text that `bench run` prints."""
        return "\n".join(lines_of_text(self._done.records))

    def _repr_html_(self) -> str:
        """The tables of verdicts, and what is doubtful or failed, as notebooks show them."""
        doubts = [f"doubtful data: {doubt}" for doubt in self._done.doubts]
        doubts += [f"failed: {reason}" for reason in dict.fromkeys(self.failures)]
        tables = [table._repr_html_() for table in summaries(self._done.records)]
        return "\n".join([*tables, *(f"<p>{escape(doubt)}</p>" for doubt in doubts)])


def run(
    grid: AnyGrid = "quick",
    *,
    data: Named | None = None,
    defenses: Several = (),
    attackers: Several = (),
    attacks: Several = (),
    threats: Several = (),
    seeds: Iterable[int] | None = None,
    store: Path | str | None = None,
    out: Path | str | None = None,
    device: str = "auto",
    workers: int = 0,
    progress: bool = True,
    with_images: bool = False,
) -> Run:
    """Runs a grid, as `bench run` does; plugins may be classes and instances of a notebook.

    The grid is a bundled one, a TOML file or the content of one; a task alone is a grid of one.
    Defenses are added to every task; data, attackers, attacks, threats and seeds replace its own.
    The results are written to the folder `out` if one is given, the stages to the folder `store`
    (by default the user's cache). Plugins that only this program has run in it, in one process.

    Raises:
        ValueError, OSError: if a plugin, a target or a file is unknown or cannot be used. Failed
            cells raise nothing; see `Run.failures`.
        ImportError: if a plugin of a notebook has no source.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch reads it on import
    chosen = _grid(grid, data, seeds, defenses, attackers, threats, attacks)
    place, console, where = store_at(store), Console(quiet=not progress), device_named(device)

    def start(stages: Stages, goals: Sequence[Goal], planned: Plan) -> Iterator[Outcome]:
        is_known = not any(map(_is_only_here, planned.of))
        engine: Engine = engine_of(where, workers) if is_known else LocalEngine(where)
        yield from watching(engine, place, console)(stages, goals, planned)

    folder = Path(out) if out is not None else None
    return Run(run_grid(chosen, place, start, folder, with_images=with_images))


def plan(
    grid: AnyGrid = "quick",
    *,
    data: Named | None = None,
    defenses: Several = (),
    attackers: Several = (),
    attacks: Several = (),
    threats: Several = (),
    seeds: Iterable[int] | None = None,
    store: Path | str | None = None,
) -> "DataFrame":
    """The stages that `run` would run: whether each is stored, and the seconds that it may take."""
    from pandas import DataFrame

    chosen = _grid(grid, data, seeds, defenses, attackers, threats, attacks)
    place = store_at(store)
    stages = plan_of(cells(chosen), place.root).stages
    rows = [(s.action, s.spec.name, str(s), s.key in place, s.seconds, s.key) for s in stages]
    return DataFrame(rows, columns=("action", "plugin", "about", "stored", "seconds", "key"))


def read_records(path: Path | str) -> "DataFrame":
    """The records of a board, or of an earlier run: a row per number, as `Run.records`.

    Raises:
        ValueError, OSError: if the file is missing, or differs from what its JSON file describes.
    """
    return _frame(boards.read_records(path))


def load_data(data: Named) -> Collection:
    """All pictures of a data set with their labels, and its targets.

    Raises:
        ValueError, OSError: if the data set is unknown, or its files cannot be read.
    """
    return make(Dataset, Spec.parse(_text(data))).load(Worker().protecting())


def protect(
    defense: Named,
    images: "Pictures",
    *,
    weights: Path | str | None = None,
    seed: int | None = None,
    device: str = "auto",
) -> "Pictures":
    """The release of pictures, as `bench protect` makes it.

    Images are uint8, (N, 3, H, W), or a picture of Pillow. `weights` names a file of `bench weights
    export`. Without a seed, nobody can repeat what it draws.

    Raises:
        ValueError, OSError: if it needs weights or labels, or the images have another form.
    """
    drawn = secrets.randbits(128) if seed is None else seed
    worker, path = Worker(device_named(device)), Path(weights) if weights is not None else None
    protector = Protector.of(Spec.parse(_text(defense)), path, worker, drawn)
    if not isinstance(images, np.ndarray):
        return protector.released([images.convert("RGB")])[0]
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] != 3 or not len(images):
        raise ValueError(f"expected images as uint8 (N, 3, H, W), got {describe(images)}")
    return protector.arrays(images)


def _grid(grid: AnyGrid, data: Named | None, seeds: Iterable[int] | None, *chosen: Several) -> Grid:
    if isinstance(grid, Mapping):
        whole = grid if "tasks" in grid else {"name": "notebook", "tasks": [grid]}
        grid = checked("notebook", whole)
    name = grid if isinstance(grid, Grid) else str(grid)
    defenses, attackers, threats, attacks = map(_texts, chosen)
    numbers = None if seeds is None else ",".join(map(str, seeds))
    of_data = None if data is None else _text(data)
    return grid_of(name, of_data, defenses, attackers, threats, numbers, attacks=attacks)


def _texts(given: Several) -> list[str]:
    if isinstance(given, str | Spec | Plugin | type):
        return [_text(given)]
    return [*map(_text, given)]


def _text(plugin: Named) -> str:
    """The spec of a plugin; a class without a name is registered first."""
    if isinstance(plugin, str | Spec):
        return str(plugin)
    made = plugin if isinstance(plugin, type) else type(plugin)
    if not (issubclass(made, Plugin) and is_dataclass(made)):
        raise TypeError(
            f"expected a plugin's name, class or instance, got {plugin!r}; a class derives from "
            "bench.Defense or another base and has @dataclass(frozen=True)"
        )
    if "name" not in vars(made):
        plugins("defense")  # so that the name of a built-in plugin is refused
        register(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", made.__name__).lower())(made)
    return made.name if isinstance(plugin, type) else str(spec_of(plugin))


def _is_only_here(cell: Cell) -> bool:
    """Whether other processes would not find a plugin of the cell by its name."""
    used = (cell.defense, cell.attacker, cell.data, *cell.learned_from.values())
    installed = {entry.module.partition(".")[0] for entry in entry_points(group="bench.plugins")}
    tops = {type(plugin).__module__.partition(".")[0] for plugin in used}
    return not tops <= {*OURS, *installed}


def _frame(records: Iterable[Record]) -> "DataFrame":
    from pandas import DataFrame

    return DataFrame(records, columns=Record._fields)
