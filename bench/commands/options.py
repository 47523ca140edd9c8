"""Options that commands share, and how user errors are printed."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bench.commands.stopping import Stopped, stoppable
from bench.names import hint
from bench.spec import Spec
from bench.tables import Table, markdown, terminal

if TYPE_CHECKING:
    from bench.runner.grid import Grid, Task
    from bench.runner.store import Store

NARROW = 80  # columns, up to which nothing is aligned
Names = list[str] | None  # of an option that may be repeated
Files = list[Path] | None
GridName = Annotated[str, typer.Argument(help="A TOML file, or a bundled grid.")]
Data = Annotated[str | None, typer.Option(help="Use this data set in every task.")]
Defenses = Annotated[Names, typer.Option("--defense", help="Add a defense to every task.")]
Only = Annotated[
    Names, typer.Option("--only", help="Run only these defenses of the grid, and the controls.")
]
Protected = Annotated[
    Path | None,
    typer.Option("--protected", help="Add what came back for `bench data export`, a folder."),
]
Attackers = Annotated[Names, typer.Option("--attacker", help="Use these attackers in every task.")]
Attacks = Annotated[
    Names, typer.Option("--attack", help="Use these attacks, in tasks with what they ask about.")
]
Threats = Annotated[Names, typer.Option("--threat", help="Use these threats in every task.")]
Seeds = Annotated[str | None, typer.Option(help="Use these seeds, e.g. 0,1,2.")]
Saturation = Annotated[
    bool,
    typer.Option("--saturation", help="Also train attackers on 1/4 and 1/2 of their pictures."),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, ...")]
Workers = Annotated[
    int,
    typer.Option(
        min=0,
        max=1024,
        help="Number of processes; on a GPU, of those that share it.",
        show_default="one per core; on a GPU, at least 4",
    ),
]
EngineName = Annotated[
    Literal["local", "pool", "ray"],
    typer.Option("--engine", help="One process, several, or those of a Ray cluster."),
]
Address = Annotated[
    str, typer.Option(help="With --engine ray, of the cluster; local starts Ray on this machine.")
]
Graphs = Annotated[
    bool, typer.Option("--graphs", help="Replay training steps on a GPU (CUDA graphs); untested.")
]
StorePath = Annotated[
    Path | None, typer.Option("--store", help="Folder of the store.", show_default="user cache")
]
Plugins = Annotated[Files, typer.Option("--plugin", help="A Python file that registers plugins.")]


def grid_of(
    name: "str | Grid",
    data: str | None,
    defenses: Names = None,
    attackers: Names = None,
    threats: Names = None,
    seeds: str | None = None,
    saturation: bool = False,
    only: Names = None,
    protected: Path | None = None,
    attacks: Names = None,
) -> "Grid":
    """The grid, with other data, attackers, threats or seeds in every task, and more defenses.

    Raises:
        ValueError: if a text is not a spec, or a seed not a number.
    """
    from bench.runner.grid import checked, read
    from bench.threats import current

    grid, update = read(name) if isinstance(name, str) else name, dict[str, object]()
    chosen = _about(grid.tasks, Spec.parse(data)) if data else _with_data(grid.tasks)
    if attackers or attacks:
        update |= {"attackers": tuple(map(Spec.parse, attackers or [])), "optional": ()}
        update["attacks"] = ()
    if threats:
        update["threats"] = tuple(current(Spec.parse(text)) for text in threats)
    added = tuple(map(Spec.parse, defenses or []))
    if protected:
        if not protected.is_dir():
            raise FileNotFoundError(f"--protected expects a folder, found none at {protected}")
        added += (Spec("pairs", "", (("after", str(protected)),)),)
    tasks = tuple(
        task.model_copy(update={**update, "defenses": (*task.defenses, *added)}) for task in chosen
    )
    tasks = _with_only({*only, *map(str, added)}, tasks) if only else tasks
    tasks = _with_attacks(attacks, tasks) if attacks else tasks
    numbers = grid.seeds if seeds is None else _numbers(seeds)
    update = {"tasks": tasks, "seeds": numbers, "saturation": grid.saturation or saturation}
    return checked(grid.name, {**dict(grid), **update})


def _about(tasks: "Sequence[Task]", data: Spec) -> "Sequence[Task]":
    """The optional tasks about this data set, with its fields; else all others, about it alone."""
    from bench.runner.grid import Sources

    own = [t for t in tasks if t.data_optional and t.sources.evaluation.name == data.name]
    if not own:
        own = [task for task in tasks if not task.data_optional] or [*tasks]
        return [task.model_copy(update={"data": data}) for task in own]

    def of(spec: Spec) -> Spec:
        if spec.name != data.name:
            return spec
        fields = tuple(sorted({**dict(spec.fields), **dict(data.fields)}.items()))
        return Spec(data.name, data.preset, fields)

    def placed(task: "Task") -> Spec | Sources:
        if isinstance(task.data, Spec):
            return of(task.data)
        return Sources(**{role: of(spec) for role, spec in task.data})

    return _with_data([task.model_copy(update={"data": placed(task)}) for task in own])


def _with_data(tasks: "Sequence[Task]") -> "Sequence[Task]":
    """The tasks whose data are there."""
    from bench.runner.task_data import absent

    reasons = [absent(task) for task in tasks]
    for reason in filter(None, reasons):
        typer.echo(f"left out: {reason}", err=True)
    if all(reasons):
        raise FileNotFoundError("expected the data of one task or more, got none; use --data")
    return [task for task, reason in zip(tasks, reasons, strict=True) if not reason]


def _with_only(only: set[str], tasks: "Sequence[Task]") -> "tuple[Task, ...]":
    """The tasks with the defenses of these names or specs; without those that have none.

    Raises:
        ValueError: if no task has one of them.
    """
    known = {name for task in tasks for spec in task.defenses for name in (str(spec), spec.name)}
    if unknown := sorted(only - known):
        raise ValueError(
            f"expected a defense of the grid after --only, got {unknown[0]!r}; "
            f"{hint(unknown[0], known)} (--defense adds others)"
        )
    kept = ((t, tuple(s for s in t.defenses if {str(s), s.name} & only)) for t in tasks)
    return tuple(task.model_copy(update={"defenses": specs}) for task, specs in kept if specs)


def _with_attacks(attacks: list[str], tasks: "Sequence[Task]") -> "tuple[Task, ...]":
    """The tasks, each with the attacks on one of its targets; without those that nobody attacks.

    Raises:
        ValueError: if an attack is unknown, or no task has its target.
    """
    from bench.attacks import attack

    fitting = [tuple(each for each in attacks if task.concerns(attack(each))) for task in tasks]
    if lost := [each for each in attacks if not any(each in names for names in fitting)]:
        known = sorted({target for task in tasks for target in (*task.private, *task.utility)})
        raise ValueError(
            f"expected an attack on {' or '.join(known)}, got {lost[0]}, which asks about "
            f"{attack(lost[0]).target}; choose another attack or grid"
        )
    return tuple(
        task.model_copy(update={"attacks": names})
        for task, names in zip(tasks, fitting, strict=True)
        if names or task.attackers
    )


def _numbers(seeds: str) -> tuple[int, ...]:
    try:
        return tuple(map(int, seeds.split(",")))
    except ValueError as error:
        raise ValueError(
            f"expected --seeds of numbers joined by commas, such as 0,1,2, got {seeds!r}"
        ) from error


def store_at(path: Path | str | None) -> "Store":
    """The store in a folder, or the user's."""
    import platformdirs

    from bench.runner.store import Store

    return Store(Path(path or platformdirs.user_cache_path("unmask-bench")))


@contextmanager
def user_errors(plugins: Files = None) -> Iterator[None]:
    """Loads plugins; prints user errors as one line; when stopped, says how to go on."""
    try:
        with stoppable():
            from bench.registry import load_file

            for path in plugins or []:
                load_file(path)
            yield
    except BrokenPipeError as error:  # `bench list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from error
    except (ValueError, OSError, ImportError) as error:
        print(f"bench: {_told(error)}", file=sys.stderr)
        raise typer.Exit(2) from error
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        raise typer.Exit(128 + stopped.number) from stopped


def _told(error: Exception) -> str:
    """What is wrong; of the system's errors, about which file."""
    if isinstance(error, OSError) and error.filename and error.errno:
        return f"expected a path that can be used, got {error.filename}: {error.strerror}"
    return str(error)


def show(table: Table) -> None:
    """Prints a table and reasons: on a wide terminal with its lines, else as Markdown."""
    from rich.console import Console

    console = Console()
    if console.is_terminal and console.width > NARROW:
        console.print(terminal(table))
        print("".join(f"n/a: {reason}\n" for reason in table.reasons()), end="")
    else:
        print(markdown([table]), end="")
