"""`bench scores`: asks programs outside, such as commercial matchers, about a grid's pictures."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt
from bench.spec import Spec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.annotation.study import Runner
    from bench.data.outside_answers import Key
    from bench.runner.cells import Cell
    from bench.runner.grid import Grid
    from bench.runner.stage import Stage

scores_app = typer.Typer(
    help="Ask programs outside, such as commercial matchers, about a grid's pictures.",
    no_args_is_help=True,
)
_PICTURES = "pictures"
_ASK = """\
Ask the program about each line of the CSV files in questions/, and write a CSV with its answers:

identity.csv   the columns probe, gallery and similarity (higher: likelier one person)
others         file and a column for each class named there (higher: likelier), or, of two
               classes, one column P(CLASS), 0 to 1

All lines must be answered: where it finds no face, give its lowest score. Then run
`bench scores read THIS_FOLDER ANSWERS.csv --name PROGRAM`, with `--target LABEL` if several of
the files have these columns.
"""


@scores_app.command("export")
def export(
    grid: opt.GridName,
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    data: opt.Data = None,
    defense: opt.Defenses = None,
    only: opt.Only = None,
    threat: opt.Threats = None,
    seeds: opt.Seeds = None,
    device: opt.Device = "auto",
    workers: opt.Workers = 0,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
) -> None:
    """Write the raw and protected pictures of a grid, and the questions about them.

    Releases that are not in the store yet are made first. File names tell nothing.
    """
    with opt.user_errors(plugin):
        from bench.commands.annotate import runner_of
        from bench.data.outside_answers import QUESTIONS

        chosen = opt.grid_of(grid, data, defense, None, threat, seeds, only=only)
        runner = runner_of(device, workers, store, plugin)
        for name, n in export_scores(chosen, out, runner).items():
            print(f"{n} lines in {out}/{QUESTIONS}/{name}")
        print(f"what to ask and how to answer: {out}/README.txt")


@scores_app.command("read")
def read(
    export: Annotated[Path, typer.Argument(help="The folder of `bench scores export`.")],
    answers: Annotated[Path, typer.Argument(help="A CSV with the program's answers.")],
    name: Annotated[str, typer.Option(help="Of the file that it writes.")] = "program",
    target: Annotated[
        str, typer.Option(help="The label of the answers, if columns fit several.")
    ] = "",
) -> None:
    """Take a program's answers back; print how a grid names them as an attacker."""
    with opt.user_errors():
        from bench.data.outside_answers import answers_in
        from bench.data.outside_scores import write_scores

        if not re.fullmatch(r"\w[\w.-]{0,60}", name):
            raise ValueError(f"expected a --name of letters, digits, _ . and -, got {name!r}")
        scores = answers_in(export, answers, target)
        plugin = "class_scores" if scores.classes else "similarities"
        print(f"answers about {len(scores.names)} pictures; in a grid:")
        print(f'  attackers = ["{plugin}:answers={write_scores(scores, name)}"]')


def export_scores(grid: "Grid", out: Path, runner: "Runner") -> Mapping[str, int]:
    """Writes `out`; the number of lines of each CSV, by its name.

    Raises:
        FileExistsError: if there is something in `out`.
        ValueError: if a stage fails, or a program could not answer anything.
    """
    from bench.data.outside_answers import QUESTIONS, write_questions
    from bench.reports.files import check_new, new_folder

    check_new(out)
    found = _made(grid, runner)
    asked: dict[str, dict[Key, None]] = {}
    classes: dict[str, dict[str, None]] = {}  # of a label in any data set of the grid
    with new_folder(out) as draft:
        for name in (_PICTURES, QUESTIONS):
            (draft / name).mkdir()
        for cell, answer in found.items():
            keys = dict.fromkeys(_asked(cell, answer, runner, draft / _PICTURES))
            asked.setdefault(cell.target, {}).update(keys)
            known = dict.fromkeys(_classes(cell, answer, runner))
            classes.setdefault(cell.target, {}).update(known)
        (draft / "README.txt").write_text(_ASK, encoding="utf-8")
        return {
            write_questions(draft, name, keys, classes[name]): len(keys)
            for name, keys in asked.items()
        }


def _made(grid: "Grid", runner: "Runner") -> Mapping["Cell", "Stage"]:
    """The cells that a program may answer, with the stages of their answers; all inputs are made.

    Raises:
        ValueError: if a stage fails, or the grid has no cell that a program can answer.
    """
    found = dict(_questions(grid, runner))
    if not found:
        raise ValueError(
            "expected a grid that asks for identity from pictures, or under `raw` for a label with "
            "classes, got none; name other threats with --threat"
        )
    needed = (s for one in found.values() for name, s in one.inputs.items() if name != "attack")
    runner.run(dict.fromkeys(stage for stages in needed for stage in stages))
    return found


def _questions(grid: "Grid", runner: "Runner") -> Iterator[tuple["Cell", "Stage"]]:
    """The cells that a program outside may answer, with the stages of their answers."""
    from bench.runner.cells import cells
    from bench.runner.planner import Planner

    planner = Planner(runner.store.root)
    plugins = (Spec("similarities"), Spec("class_scores"))
    update = {"attackers": (), "attacks": (), "optional": plugins}
    tasks = tuple(task.model_copy(update=update) for task in grid.tasks)
    for cell in cells(grid.model_copy(update={"tasks": tasks})):
        lacks_releases = cell.handed_over and cell.threat.learns_from != "raw"
        if cell.skip_reason == cell.attacker.not_installed and not lacks_releases:
            yield cell, planner.cell(cell).answer


def _asked(cell: "Cell", answer: "Stage", runner: "Runner", folder: Path) -> "Iterator[Key]":
    """What the stage asks an attacker; the pictures are written (bench.runner.actions.answer)."""
    import numpy as np

    from bench.data.copies import drawn
    from bench.data.outside_scores import IDENTITY
    from bench.faces import missing
    from bench.memory import picked
    from bench.runner.artifacts import faces_in, inputs_in

    def names(stage: "Stage", chosen: "NDArray[np.bool_]") -> list[str]:
        shown = picked(inputs_in(runner.store.get(stage.key)), chosen)
        return [path.name for path in dict.fromkeys(drawn(shown, folder))]  # each once

    keys = {role: answer.inputs[f"{role}_faces"][0].key for role in ("probe", "attacker")}
    parts = {role: runner.store.get(key) for role, key in keys.items()}
    gallery = {role: np.asarray(part.arrays["gallery"], bool) for role, part in parts.items()}
    for role, part in parts.items():
        chosen = ~missing(np.asarray(faces_in(part).labels[cell.target]))
        if role == "attacker":
            chosen &= np.asarray(part.arrays["valid"], bool)
        own = role if gallery[role].any() else "attacker"
        enrolled = []
        if cell.target == IDENTITY:
            chosen &= ~gallery[role]
            enrolled = names(answer.inputs[f"{own}_enrolled"][0], gallery[own])
        for stage in answer.inputs[f"{role}_shown"]:
            for name in names(stage, chosen):
                yield from ((name, other) for other in enrolled) if enrolled else [(name,)]


def _classes(cell: "Cell", answer: "Stage", runner: "Runner") -> tuple[str, ...]:
    """The classes of the cell's target, which a data set may know only once it is loaded."""
    from bench.runner.artifacts import targets_in

    part = runner.store.get(answer.inputs["probe_faces"][0].key)
    return next(target.classes for target in targets_in(part) if target.name == cell.target)
