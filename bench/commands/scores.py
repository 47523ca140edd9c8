"""`bench scores`: asks programs outside, such as commercial matchers, about a grid's pictures."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.annotation.study import Runner
    from bench.data.csv_files import Line
    from bench.data.outside_scores import Scores
    from bench.runner.cells import Cell
    from bench.runner.grid import Grid
    from bench.runner.stage import Stage

scores_app = typer.Typer(
    help="Ask programs outside, such as commercial matchers, about a grid's pictures.",
    no_args_is_help=True,
)
Key = tuple[str, ...]  # names of pictures: of one, or of probe and gallery

PICTURES, QUESTIONS, IDENTITY = "pictures", "questions", "identity"
FILE, PAIR, SIMILARITY = ("file",), ("probe", "gallery"), "similarity"
_ASK = """\
Ask the program about each line of the CSV files in questions/, and write a CSV with its answers:

identity.csv   the columns probe, gallery and similarity (higher: likelier one person)
others         file and a column for each class named there (higher: likelier), or, of two
               classes, one column P(CLASS), 0 to 1

All lines must be answered: where it finds no face, give its lowest score. Then run
`bench scores read THIS_FOLDER ANSWERS.csv --name PROGRAM`.
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

        chosen = opt.grid_of(grid, data, defense, None, threat, seeds, only=only)
        runner = runner_of(device, workers, store, plugin)
        for name, n in export_scores(chosen, out, runner).items():
            print(f"{n} lines in {out}/{QUESTIONS}/{name}.csv")
        print(f"what to ask and how to answer: {out}/README.txt")


@scores_app.command("read")
def read(
    export: Annotated[Path, typer.Argument(help="The folder of `bench scores export`.")],
    answers: Annotated[Path, typer.Argument(help="A CSV with the program's answers.")],
    name: Annotated[str, typer.Option(help="What tables call the program.")] = "program",
) -> None:
    """Take a program's answers back; print how a grid names them as an attacker."""
    with opt.user_errors():
        from bench.data.outside_scores import write_scores

        if not re.fullmatch(r"\w[\w.-]{0,60}", name):
            raise ValueError(f"expected a --name of letters, digits, _ . and -, got {name!r}")
        scores = answers_in(export, answers)
        plugin = "class_scores" if scores.classes else "similarities"
        print(f"answers about {len(scores.names)} pictures; in a grid:")
        print(f'  attackers = ["{plugin}:answers={write_scores(scores, name)}"]')


def export_scores(grid: "Grid", out: Path, runner: "Runner") -> Mapping[str, int]:
    """Writes `out`; the number of lines of each CSV, by target.

    Raises:
        FileExistsError: if there is something in `out`.
        ValueError: if a stage fails, or a program could not answer anything.
    """
    from bench.data.csv_files import write_lines
    from bench.reports.files import check_new, new_folder

    check_new(out)
    found = dict(_questions(grid, runner))
    if not found:
        raise ValueError(
            "expected a grid that asks for identity from pictures, or under `raw` for a label with "
            "classes, got none; name other threats with --threat"
        )
    needed = (
        s for answer in found.values() for name, s in answer.inputs.items() if name != "attack"
    )
    runner.run(dict.fromkeys(stage for stages in needed for stage in stages))
    classes = {one.name: one.classes for cell in found for one in cell.data.targets}
    asked: dict[str, dict[Key, None]] = {}
    with new_folder(out) as draft:
        for name in (PICTURES, QUESTIONS):
            (draft / name).mkdir()
        for cell, answer in found.items():
            keys = asked.setdefault(cell.target, {})
            keys |= dict.fromkeys(_asked(cell, answer, runner, draft / PICTURES))
        for name, keys in asked.items():
            columns = PAIR if name == IDENTITY else (*FILE, *classes[name])
            rows = (key if name == IDENTITY else (*key, *[""] * len(classes[name])) for key in keys)
            write_lines(draft / QUESTIONS / f"{name}.csv", columns, sorted(rows))
        (draft / "README.txt").write_text(_ASK, encoding="utf-8")
    return {name: len(keys) for name, keys in asked.items()}


def _questions(grid: "Grid", runner: "Runner") -> Iterator[tuple["Cell", "Stage"]]:
    """The cells that a program outside may answer, with the stages of their answers."""
    from bench.runner.cells import cells
    from bench.runner.planner import Planner
    from bench.spec import Spec

    planner = Planner(runner.store.root)
    plugins = (Spec("similarities"), Spec("class_scores"))
    update = {"attackers": (), "attacks": (), "optional": plugins}
    tasks = tuple(task.model_copy(update=update) for task in grid.tasks)
    for cell in cells(grid.model_copy(update={"tasks": tasks})):
        lacks_releases = cell.handed_over and cell.threat.learns_from != "raw"
        if cell.skip_reason == cell.attacker.not_installed and not lacks_releases:
            yield cell, planner.cell(cell).answer


def _asked(cell: "Cell", answer: "Stage", runner: "Runner", folder: Path) -> Iterator[Key]:
    """What the stage asks an attacker; the pictures are written (bench.runner.actions.answer)."""
    import numpy as np

    from bench.data.copies import drawn
    from bench.faces import missing
    from bench.memory import picked
    from bench.runner.artifacts import faces_in, inputs_in

    def names(stage: "Stage", chosen: "NDArray[np.bool_]") -> list[str]:
        shown = picked(inputs_in(runner.store.get(stage.key)), chosen)
        return [path.name for path in dict.fromkeys(drawn(shown, folder))]

    parts = {
        role: runner.store.get(answer.inputs[f"{role}_faces"][0].key)
        for role in ("probe", "attacker")
    }
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


def answers_in(export: Path, path: Path) -> "Scores":
    """The program's answers to all that it was asked.

    Raises:
        ValueError: if a column or an answer is missing, or an answer is there twice.
    """
    import numpy as np

    from bench.data.csv_files import read_lines
    from bench.data.outside_scores import Scores, templates

    columns, lines = read_lines(path)
    questions = export / QUESTIONS
    if not questions.is_dir():
        raise FileNotFoundError(f"expected a folder of `bench scores export`, got {export}")
    if {*PAIR, SIMILARITY} <= {*columns}:
        found = _numbers(lines, PAIR, (SIMILARITY,), questions / f"{IDENTITY}.csv")
        return templates({(first, second): row[0] for (first, second), row in found.items()})
    for asked in sorted(questions.glob("*.csv")) if {*FILE} <= {*columns} else ():
        classes = tuple(read_lines(asked)[0][1:])
        chance = [f"P({name})" for name in classes if f"P({name})" in columns][: len(classes) == 2]
        if not chance and not {*classes} <= {*columns}:
            continue
        found = _numbers(lines, FILE, chance or classes, asked)
        values = np.array([*found.values()])  # (N, C), or (N, 1)
        if chance:
            signs = [0.5 if f"P({name})" in chance else -0.5 for name in classes]
            values = _log_odds(values, path) * signs  # (N, 2)
        return Scores(tuple(name for (name,) in found), values.astype(np.float32), classes)
    raise ValueError(
        f"expected in {path} the columns probe, gallery and similarity, or file and those of a CSV "
        f"in {questions} (or P(CLASS)), got {columns}; rename them"
    )


def _log_odds(chances: "NDArray[np.float64]", path: Path) -> "NDArray[np.float64]":
    """The log-odds of probabilities; 0 and 1 become one in a million."""
    import numpy as np
    from scipy.special import logit

    if not ((chances >= 0) & (chances <= 1)).all():
        raise ValueError(f"expected P(CLASS) in 0..1 in {path}, got {chances.max():g}; scale it")
    return np.asarray(logit(np.clip(chances, 1e-6, 1 - 1e-6)))


def _numbers(
    lines: "Sequence[Line]", names: Sequence[str], numbers: Sequence[str], asked: Path
) -> Mapping[Key, list[float]]:
    """The numbers of each line that was asked, by the names of its pictures.

    Raises:
        ValueError: if one is not a number, or lines are missing, or there twice.
    """
    import numpy as np

    from bench.data.csv_files import fault, number_or_nan, read_lines

    def key(line: "Line") -> Key:
        return tuple(Path(line.cells.get(name, "")).stem for name in names)

    wanted = {key(line) for line in read_lines(asked)[1]}
    found, bad, twice = dict[Key, list[float]](), [], []
    for line in (line for line in lines if key(line) in wanted):  # it may answer more
        values = [number_or_nan(line.cells[name]) for name in numbers]
        bad += [line] * (not np.isfinite(values).all())
        twice += [line] * (key(line) in found)
        found[key(line)] = values
    if bad:
        problem = f"expected numbers in {', '.join(numbers)}"
        raise ValueError(fault(bad, problem, "if the program found no face, its lowest score"))
    if twice:
        raise ValueError(fault(twice, "expected one answer, got another before", "remove one"))
    if lacking := sorted(wanted - found.keys()):
        raise ValueError(
            f"expected an answer to each of {len(wanted)} lines of {asked}, got none to "
            f"{len(lacking)}, e.g. {', '.join(lacking[0])}; ask the program again"
        )
    return found
