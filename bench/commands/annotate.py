"""`bench annotate`: a labelling study from pictures to tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bench.commands.options import (
    Device,
    Plugins,
    StorePath,
    Workers,
    load,
    n_cores,
    store_at,
    told,
)

if TYPE_CHECKING:  # imported where they are used: `bench --help` waits for none of them
    from bench.annotation.study import PanelOrder
    from bench.runner.engine import Engine, Outcome
    from bench.runner.stage import Stage
    from bench.runner.store import Store

annotate_app = typer.Typer(
    help="Ask people, or a simulated panel, whether protected pictures can still be labelled.",
    no_args_is_help=True,
)

Choose = Literal["bins", "random"]
Ties = Literal["half", "wrong", "out"]
Level = Literal["at-least", "over"]
Truth = Literal["raw", "key"]
Study = Annotated[Path, typer.Argument(help="The folder that `export` made.")]
Lapse = Annotated[float, typer.Option(help="Mean share of pictures answered at random.")]
Panel = Annotated[
    list[str] | None, typer.Option("--labeler", help="A classifier of the panel; repeat for more.")
]
Learned = Literal["raw", "aware"]
Threat = Annotated[
    Learned, typer.Option(help="What the panel learned from: raw pictures, or protected ones, too.")
]
Student = Annotated[str, typer.Option(help="The classifier that learns.")]
STUDENT = "cnn:batch=48,steps=100,rounds=3,lr=0.001"
BinWidth = Annotated[float, typer.Option(help="Of evidence; 3 parts negative from positive.")]


@annotate_app.command()
def export(
    grid: Annotated[str, typer.Argument(help="A grid: its data and defenses.")] = "quick",
    question: Annotated[
        str, typer.Option(help="TARGET=CLASS of the data, or a name of your own.")
    ] = "expression=joy",
    ask: Annotated[str, typer.Option(help="The question as labelers read it.")] = "",
    data: Annotated[str | None, typer.Option(help="Instead of the grid's.")] = None,
    defense: Annotated[
        list[str] | None, typer.Option("--defense", help="Instead of the grid's; repeat for more.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Show labelers the originals, too.")] = False,
    choose: Annotated[Choose, typer.Option(help="Pictures by bins of evidence, or any.")] = "bins",
    pictures: Annotated[int, typer.Option(min=1, help="Shown in every version.")] = 60,
    evidence: Annotated[
        str, typer.Option(help="Labels, e.g. AU6+AU12. [default: the defender's classifier]")
    ] = "",
    bin_width: BinWidth = 0.5,
    same_person: Annotated[
        int, typer.Option(min=0, help="Also ask of so many pairs whether they are one person.")
    ] = 0,
    base_url: Annotated[
        str, typer.Option(help="Where Mechanical Turk will find the pictures.")
    ] = "https://example.org/pictures/",
    seed: Annotated[int, typer.Option(help="Redraws defenses and choice.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of the study.")] = Path("runs/study"),
    device: Device = "auto",
    workers: Workers = 0,
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Write a page that labelers open in any browser, and the key that stays at home."""
    with told():
        load(plugin)
        from bench.annotation.choice import Bins
        from bench.annotation.study import Order, recipe_of, send
        from bench.runner.grid import changed, read

        asked = changed(read(grid), data, [], None, None, None)
        recipe = recipe_of(asked, question, defense or [], seed)
        bins = Bins(bin_width)
        order = Order(raw, choose, pictures, evidence, bins, ask, same_person, base_url)
        place, engine = store_at(store), _engine(device, workers, plugin)
        print("\n".join(send(recipe, order, out, place, engine)))


@annotate_app.command()
def simulate(
    study: Study = Path("runs/study"),
    labelers: Annotated[int, typer.Option(min=1, help="Simulated ones.")] = 60,
    lapse: Lapse = 0.1,
    threat: Threat = "raw",
    labeler: Panel = None,
    device: Device = "auto",
    workers: Workers = 0,
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Let a panel of classifiers label a study: result files as labelers would send them.

    They learn from the attacker's rows. Their names begin with `simulated-`, and
    every table says so.
    """
    with told():
        load(plugin)
        from bench.annotation import study as studies

        panel = _panel(labelers, lapse, threat, labeler)
        engine = _engine(device, workers, plugin)
        paths = studies.simulate(study, panel, store_at(store), engine)
        print(f"{len(paths)} SIMULATED labelers in {paths[0].parent}/")


@annotate_app.command()
def analyse(
    answers: Annotated[list[Path], typer.Argument(help="Result files, or one long CSV.")],
    key: Annotated[
        list[Path] | None, typer.Option("--key", help="key.csv of the study; repeat for more.")
    ] = None,
    truth: Annotated[
        Truth, typer.Option(help="The majority of the raw votes, or the key.")
    ] = "raw",
    ties: Annotated[
        Ties, typer.Option(help="A tied vote counts half, wrong, or is left out.")
    ] = "half",
    level: Annotated[
        Level, typer.Option(help="Consensus at least a level, or over it.")
    ] = "at-least",
    bin_width: BinWidth = 0.5,
    attribute: Annotated[
        list[str] | None, typer.Option(help="Column of the key to tell errors by; repeat for more.")
    ] = None,
    without_careless: Annotated[
        bool, typer.Option("--without-careless", help="Leave out labelers who take no care.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder of tables and figures.")] = Path(
        "runs/analysis"
    ),
) -> None:
    """Make all tables and figures of labels: analysis.md, a CSV for each table, PNGs."""
    with told():
        from bench.annotation import accuracy
        from bench.annotation.analysis import Choices, analyse
        from bench.annotation.choice import Bins
        from bench.annotation.majority import Rules
        from bench.annotation.tables import markdown

        told_by = tuple(attribute or accuracy.TOLD)
        rules = Rules(ties, level)
        choices = Choices(truth, rules, Bins(bin_width), told_by, without_careless)
        tables, bad = analyse(answers, key or [], choices, out)
        for table in tables:
            if table.name.endswith(("-accuracy", "-ttests")):
                print(markdown(table))
        if bad:
            print(f"{len(bad)} lines were not used, see {out}/bad.csv; the first: {bad[0]}")
        print(f"all tables in {out}/analysis.md")


@annotate_app.command()
def downstream(
    study: Study = Path("runs/study"),
    student: Student = STUDENT,
    labelers: Annotated[int, typer.Option(min=1, help="Simulated ones; odd.")] = 9,
    lapse: Lapse = 0.1,
    threat: Threat = "raw",
    labeler: Panel = None,
    out: Annotated[Path, typer.Option(help="Folder of the table.")] = Path("runs/analysis"),
    device: Device = "auto",
    workers: Workers = 0,
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Train a classifier on raw faces with a panel's labels of protected ones: what is lost?"""
    with told():
        load(plugin)
        from bench.annotation import study as studies
        from bench.annotation.tables import markdown, write
        from bench.nn.device import device_named
        from bench.runner.worker import Worker
        from bench.spec import Spec

        engine, worker = _engine(device, workers, plugin), Worker(device_named(device))
        panel = _panel(labelers, lapse, threat, labeler)
        table = studies.learn(study, panel, Spec.parse(student), store_at(store), engine, worker)
        out.mkdir(parents=True, exist_ok=True)
        write(table, out)
        print(markdown(table))


@annotate_app.command()
def rehearse(
    grid: Annotated[str, typer.Argument(help="A grid: its data and defenses.")] = "quick",
    question: Annotated[
        list[str] | None,
        typer.Option(help="TARGET=CLASS; repeat. [default: expression=joy, expression=anger]"),
    ] = None,
    data: Annotated[str | None, typer.Option(help="Instead of the grid's.")] = None,
    defense: Annotated[
        list[str] | None, typer.Option("--defense", help="Instead of the grid's; repeat for more.")
    ] = None,
    pictures: Annotated[int, typer.Option(min=1, help="Shown in every version.")] = 60,
    labelers: Annotated[int, typer.Option(min=1, help="Simulated ones.")] = 60,
    lapse: Lapse = 0.1,
    labeler: Panel = None,
    student: Student = STUDENT,
    seed: Annotated[int, typer.Option(help="Redraws everything.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of report.md.")] = Path("runs/rehearsal"),
    device: Device = "auto",
    workers: Workers = 0,
    store: StorePath = None,
    plugin: Plugins = None,
) -> None:
    """Run a study by simulated labelers of two kinds, from pictures to one report."""
    with told():
        load(plugin)
        from bench.annotation import choice, rehearsal, study
        from bench.nn.device import device_named
        from bench.runner.grid import changed, read
        from bench.runner.worker import Worker
        from bench.spec import Spec

        asked = changed(read(grid), data, [], None, None, None)
        questions = question or ["expression=joy", "expression=anger"]
        recipes = [study.recipe_of(asked, one, defense or [], seed) for one in questions]
        order = study.Order(True, "bins", pictures, "", choice.Bins(), "", 0, "")
        panel = _panel(labelers, lapse, "raw", labeler or list(map(str, rehearsal.CLASSIFIERS)))
        cast = rehearsal.Cast(panel, 9, Spec.parse(student))
        place, engine = store_at(store), _engine(device, workers, plugin)
        worker = Worker(device_named(device))
        print(rehearsal.rehearse(recipes, order, cast, out, place, engine, worker))
        print(f"all tables in {out}/")


@dataclass(frozen=True)
class _Told:
    """An engine that says what it does."""

    engine: "Engine"

    def run(self, plan: "Sequence[Stage]", store: "Store") -> "Iterator[Outcome]":
        from rich.console import Console

        from bench.reports.progress import watched

        return watched(self.engine, plan, store, Console())


def _engine(device: str, workers: int, plugins: list[Path] | None) -> "Engine":
    from bench.nn.device import device_named
    from bench.runner.pool import PoolEngine

    place = device_named(device)
    n_processes = workers or (n_cores() if place == "cpu" else 1)
    return _Told(PoolEngine(n_processes, place, tuple(plugins or ())))


def _panel(n: int, lapse: float, learned: Learned, classifiers: list[str] | None) -> "PanelOrder":
    from bench.annotation.panel import CLASSIFIERS
    from bench.annotation.study import PanelOrder
    from bench.spec import Spec

    return PanelOrder(n, lapse, learned, tuple(map(Spec.parse, classifiers or ())) or CLASSIFIERS)
