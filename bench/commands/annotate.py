"""`bench annotate`: an annotation study from pictures to tables."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bench.commands import options as opt
from bench.names import file_name
from bench.spec import Spec
from bench.tables import markdown

if TYPE_CHECKING:
    from bench.annotation.panel import PanelOptions
    from bench.annotation.study import Runner

annotate_app = typer.Typer(
    help="Measure whether people, or simulated labelers, can still label protected pictures.",
    no_args_is_help=True,
)

CLASSIFIER = "cnn:batch=48,steps=100,rounds=3,lr=0.001"
QUESTIONS = ("expression=joy", "expression=anger", "smile=yes")

Data = Annotated[str | None, typer.Option(help="Use this data set instead of the grid's.")]
Defenses = Annotated[
    opt.Names, typer.Option("--defense", help="Use this instead of the grid's; repeatable.")
]
Question = Annotated[str, typer.Option(help="TARGET=CLASS of the data, or a name of your own.")]
Choice = Annotated[Literal["bins", "random"], typer.Option(help="By bins of evidence, or random.")]
Pictures = Annotated[int, typer.Option(min=1, help="Number of pictures, all in every version.")]
Evidence = Annotated[str, typer.Option(help="By labels, e.g. AU6+AU12, not a classifier.")]
BinWidth = Annotated[float, typer.Option(help="Of evidence; 3 splits negative from positive.")]
Pairs = Annotated[int, typer.Option(min=0, help="Number of pairs: do they show one person?")]
BaseUrl = Annotated[str, typer.Option(help="Where Mechanical Turk will find the pictures.")]
Seed = Annotated[int, typer.Option(help="Redraws defenses, choice and labelers.")]
Study = Annotated[Path, typer.Argument(help="The folder of `export`.")]
Labelers = Annotated[int, typer.Option(min=1, help="Simulated labelers; odd for `downstream`.")]
Lapse = Annotated[float, typer.Option(help="Mean share of pictures answered at random.")]
PanelThreat = Annotated[
    Literal["raw", "aware"],
    typer.Option("--threat", help="The panel learned from raw pictures, or also protected ones."),
]
Panel = Annotated[
    opt.Names, typer.Option("--labeler", help="A classifier of the panel; repeatable.")
]
Learner = Annotated[
    str, typer.Option("--classifier", "--student", help="The classifier that learns the labels.")
]
Key = Annotated[opt.Files, typer.Option(help="key.csv of the study; repeatable.")]
Truth = Annotated[Literal["raw", "key"], typer.Option(help="Majority of the raw votes, or key.")]
Ties = Annotated[
    Literal["half", "wrong", "out"], typer.Option(help="Tied votes: half, wrong or left out.")
]
Level = Annotated[Literal["at-least", "over"], typer.Option(help="Reach or exceed a consensus.")]
Columns = Annotated[opt.Names, typer.Option(help="Errors by this key column; repeatable.")]
Careful = Annotated[bool, typer.Option("--without-careless", help="Leave out careless labelers.")]
Analysis = Annotated[Path, typer.Option(help="Folder of tables and figures.")]


@annotate_app.command()
def export(
    grid: opt.GridName = "quick",
    question: Question = QUESTIONS[0],
    ask: Annotated[str, typer.Option(help="The question as labelers read it.")] = "",
    data: Data = None,
    defense: Defenses = None,
    raw: Annotated[bool, typer.Option("--raw", help="Also show the originals.")] = False,
    choose: Choice = "bins",
    pictures: Pictures = 60,
    evidence: Evidence = "",
    bin_width: BinWidth = 0.5,
    same_person: Pairs = 0,
    base_url: BaseUrl = "https://example.org/pictures/",
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder of the study.")] = Path("runs/study"),
    device: opt.Device = "auto",
    workers: opt.Workers = 0,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
) -> None:
    """Write a page that labelers open in any browser, and a key for you."""
    with opt.user_errors(plugin):
        chosen = opt.grid_of(grid, data)
        from bench.annotation.choice import Bins
        from bench.annotation.export import KEY, SENT, ExportOptions, export_study
        from bench.annotation.study import study_spec

        spec, bins = study_spec(chosen, question, defense or [], seed), Bins(bin_width)
        options = ExportOptions(raw, choose, pictures, evidence, bins, ask, same_person, base_url)
        runner = runner_of(device, workers, store, plugin)
        print("\n".join(export_study(spec, options, out, runner)))
        print(f"send {out / SENT} to labelers; keep {out / KEY}, which has versions and labels")


@annotate_app.command()
def simulate(
    study: Study = Path("runs/study"),
    labelers: Labelers = 60,
    lapse: Lapse = 0.1,
    threat: PanelThreat = "raw",
    labeler: Panel = None,
    device: opt.Device = "auto",
    workers: opt.Workers = 0,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
) -> None:
    """Let a panel of classifiers label a study; write result files like those of people.

    They learn from the attacker's pictures; every table says that they are simulated.
    """
    with opt.user_errors(plugin):
        from bench.annotation import panel as panels

        panel = _panel(labelers, lapse, threat, labeler)
        paths = panels.simulate(study, panel, runner_of(device, workers, store, plugin))
        print(f"{len(paths)} SIMULATED labelers in {paths[0].parent}/")


@annotate_app.command()
def analyse(
    answers: Annotated[list[Path], typer.Argument(help="Result files, or one long CSV.")],
    key: Key = None,
    truth: Truth = "raw",
    ties: Ties = "half",
    level: Level = "at-least",
    bin_width: BinWidth = 0.5,
    attribute: Columns = None,
    without_careless: Careful = False,
    out: Analysis = Path("runs/analysis"),
) -> None:
    """Write tables and figures of labels: analysis.md, a CSV for each table, PNGs."""
    with opt.user_errors():
        from bench.annotation import accuracy
        from bench.annotation.analysis import AnalysisOptions, analyse
        from bench.annotation.choice import Bins
        from bench.annotation.majority import VoteRules

        rules, attributes = VoteRules(ties, level), tuple(attribute or accuracy.ATTRIBUTES)
        options = AnalysisOptions(truth, rules, Bins(bin_width), attributes, without_careless)
        tables, bad = analyse(answers, key or [], options, out)
        shown = [table for table in tables if table.name.endswith(("-accuracy", "-ttests"))]
        print(markdown(shown, level=3))
        if bad:
            print(f"{len(bad)} lines were not used, see {out}/bad.csv; the first: {bad[0]}")
        print(f"all tables in {out}/analysis.md")


@annotate_app.command()
def downstream(
    study: Study = Path("runs/study"),
    classifier: Learner = CLASSIFIER,
    labelers: Labelers = 9,
    lapse: Lapse = 0.1,
    threat: PanelThreat = "raw",
    labeler: Panel = None,
    out: Analysis = Path("runs/analysis"),
    device: opt.Device = "auto",
    workers: opt.Workers = 0,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
) -> None:
    """Train a classifier of raw faces with a panel's labels of protected ones."""
    with opt.user_errors(plugin):
        from bench.annotation.analysis import write_table
        from bench.annotation.downstream import train_downstream

        panel, learner = _panel(labelers, lapse, threat, labeler), Spec.parse(classifier)
        runner = runner_of(device, workers, store, plugin)
        table = train_downstream(study, panel, learner, runner)
        out.mkdir(parents=True, exist_ok=True)
        write_table(table, out)
        print(markdown([table], level=3))


@annotate_app.command()
def rehearse(
    grid: opt.GridName = "quick",
    question: Annotated[
        opt.Names,
        typer.Option(help=f"TARGET=CLASS; repeatable. Default: of {', '.join(QUESTIONS)}."),
    ] = None,
    data: Data = None,
    defense: Defenses = None,
    pictures: Pictures = 60,
    labelers: Labelers = 60,
    lapse: Lapse = 0.1,
    labeler: Panel = None,
    classifier: Learner = CLASSIFIER,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Folder of report.md.")] = Path("runs/rehearsal"),
    device: opt.Device = "auto",
    workers: opt.Workers = 0,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
) -> None:
    """Run a study with simulated labelers of two kinds, from pictures to one report."""
    with opt.user_errors(plugin):
        chosen = opt.grid_of(grid, data)
        from bench.annotation import rehearsal
        from bench.annotation.export import ExportOptions
        from bench.annotation.study import StudySpec, answerable, study_spec

        studies: dict[object, list[StudySpec]] = {}  # of the same pictures in the same versions
        for one in question or answerable(chosen, QUESTIONS):
            spec = study_spec(chosen, one, defense or [], seed)
            studies.setdefault((spec.data, spec.defenses), []).append(spec)
        panel = _panel(labelers, lapse, "raw", labeler or list(map(str, rehearsal.CLASSIFIERS)))
        options, learner = ExportOptions(True, "bins", pictures), Spec.parse(classifier)
        runner = runner_of(device, workers, store, plugin)
        for specs in studies.values():
            name = "-".join(file_name(spec.name) for spec in specs)
            folder = out / name if len(studies) > 1 else out
            print(rehearsal.rehearse(specs, options, panel, learner, folder, runner))
            print(f"all tables in {folder}/")


def runner_of(device: str, workers: int, store: Path | None, plugins: opt.Plugins) -> "Runner":
    """Runs stages with a line of progress."""
    from rich.console import Console

    from bench.annotation.study import Runner
    from bench.commands.progress import watched
    from bench.nn.device import device_named
    from bench.runner.engines.options import engine_of
    from bench.runner.worker import Worker

    run = partial(watched, engine_of(device, workers, plugins), console=Console())
    return Runner(opt.store_at(store), run, Worker(device_named(device)))


def _panel(n: int, lapse: float, threat: PanelThreat, labelers: Panel) -> "PanelOptions":
    from bench.annotation.panel import CLASSIFIERS, PanelOptions

    return PanelOptions(n, lapse, threat, tuple(map(Spec.parse, labelers or ())) or CLASSIFIERS)
