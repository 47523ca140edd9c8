"""A whole study by simulated labelers, in one report."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from bench.annotation.analysis import AnalysisOptions, analyse, shown_figures
from bench.annotation.choice import Bins
from bench.annotation.downstream import train_downstream
from bench.annotation.export import KEY, ExportOptions, export_study
from bench.annotation.panel import PanelOptions, PanelThreat, simulate
from bench.annotation.study import Runner, StudySpec
from bench.api import Defense
from bench.names import file_name
from bench.registry import brief
from bench.reports.paper_tables import published, question_in_paper, version_in_paper
from bench.spec import Spec
from bench.tables import Cell, NotAvailable, Number, Table, markdown

REPORT = "report.md"
N_DOWNSTREAM = 9  # odd; so many labelers label all pictures that the classifier learns from
PANELS: Mapping[PanelThreat, str] = {
    "raw": "that know raw pictures only",
    "aware": "that have also learned from protected pictures",
}
_CLEAR = "|evidence| >= 1"
_FIGURES = ("average", "vote 50", "vote 75", "vote 90", _CLEAR)  # its columns, and of section 6.5
_NOTE = (
    "Percent right. Published: Shirai and Whitehill, CVPR-W 2019: 60 people on Mechanical Turk, "
    "each with 60 photographs of GENKI-4K (its label smile is their joy); ours are simulated "
    "labelers and the pictures named above. How often the commonest answer is right stands above, "
    "at accuracy."
)
_BINS = {"anger": Bins(width=3)}  # section 5.1: as many with negative as with positive evidence
_TITLES = {  # of the tables in the report, by the end of their names
    "accuracy": "Accuracy",
    "ttests": "Paired t-tests over images",
    "evidence": "Accuracy by evidence",
}
# Fewer than those of the usual panel, and without weak ones; the second is that of `quick`.
CLASSIFIERS = tuple(
    Spec.parse(f"cnn:batch=48,{fields}")
    for fields in ("steps=100,rounds=4,lr=0.001", "steps=60,rounds=4,lr=0.003")
)


def rehearse(
    specs: Sequence[StudySpec],
    options: ExportOptions,
    panel: PanelOptions,
    classifier: Spec,
    out: Path,
    runner: Runner,
) -> str:
    """Exports, labels and analyses all questions, and trains for the first; the report.

    The panel labels the chosen pictures once for each of PANELS. Raw pictures are always shown,
    since their votes are the truth. Writes report.md, each question's study and each panel's
    analysis.
    """
    folders, options = [out / file_name(spec.name) for spec in specs], options._replace(raw=True)
    parts = [_head(specs[0], panel.classifiers, classifier)]
    for spec, folder in zip(specs, folders, strict=True):
        chosen = options._replace(bins=_BINS.get(spec.name, options.bins))
        summary = export_study(spec, chosen, folder, runner)
        parts += [f"- {spec.name}: {line}" for line in summary]
    parts.append("")
    for threat, what in PANELS.items():
        panel = panel._replace(threat=threat)  # the last also teaches the classifier
        files = [file for one in folders for file in simulate(one, panel, runner)]
        tables, _ = analyse(files, [one / KEY for one in folders], AnalysisOptions(), out / threat)
        joined = [
            stacked([one for one in tables if one.name.endswith(f"-{kind}")], title)
            for kind, title in _TITLES.items()
        ]
        parts += [f"## SIMULATED labelers {what}, {panel.n_labelers} of them", ""]
        parts.append(markdown([*joined, *beside_published(*joined)], level=3))
        parts += [*shown_figures(out / threat, out), ""]
    panel = panel._replace(n_labelers=N_DOWNSTREAM)
    table = train_downstream(folders[0], panel, classifier, runner)
    title = "A classifier of raw faces, trained with labels of the latter"
    parts.append(markdown([stacked([table], title)], level=3))
    report = "\n".join(parts)
    (out / REPORT).write_text(report, encoding="utf-8")
    return report


def stacked(tables: Sequence[Table], title: str) -> Table:
    """Tables of one kind about several questions as one, with the question in front."""
    kind = tables[0].name.rpartition("-")[2]
    named = [(table.name.removesuffix(f"-{kind}"), table) for table in tables]
    rows = [(question, *row) for question, table in named for row in table.rows]
    notes = dict.fromkeys(table.note for table in tables)
    note = "\n\n".join(notes if len(notes) == 1 else [f"{q}: {t.note}" for q, t in named])
    return Table(title, ("question", *tables[0].columns), rows, note, kind)


def beside_published(accuracy: Table, tests: Table, evidence: Table) -> list[Table]:
    """The paper's figures beside ours, if the same questions were asked about such versions."""
    theirs, rows = published("annotation"), list[Sequence[Cell]]()
    clear = {
        (question, version): cell
        for question, part, _, *cells in evidence.rows
        for version, cell in zip(evidence.columns[3:], cells, strict=True)
        if str(part).startswith(_CLEAR)
    }
    for question, version, *cells in accuracy.rows:
        in_paper = version_in_paper(str(version))
        if figures := theirs.get((question_in_paper(str(question)), in_paper)):
            known = dict(zip(accuracy.columns[2:], cells, strict=True))
            known[_CLEAR] = clear.get((question, str(version)), NotAvailable())
            said = {c: Number(figures[c]) if c in figures else NotAvailable() for c in _FIGURES}
            pairs = ((known[c], said[c]) for c in _FIGURES)
            rows.append([question, version, in_paper, *chain(*pairs)])
    heads = [head for c in _FIGURES for head in (c, f"{c}, published")]
    columns = ("question", "version", "in the paper", *heads)
    table = Table("Table 1 of the paper, and section 6.5", columns, rows, _NOTE)
    return [table, *_tests_beside_published(tests)] if rows else []


def _tests_beside_published(tests: Table) -> list[Table]:
    """The paper's t-tests beside ours, if there is one of the same versions."""
    theirs, rows = published("annotation-tests"), list[Sequence[Cell]]()
    for question, versions, difference, t, _, p in tests.rows:
        pair = " - ".join(map(version_in_paper, str(versions).split(" - ")))
        if figures := theirs.get((question_in_paper(str(question)), pair)):
            rows.append([question, versions, pair, difference, t, figures["t"], p])
    columns = ("question", "versions", "in the paper", "difference", "t", "t, published", "p")
    note = "Differences in percentage points; of the published t, no sign is given."
    return [Table("t-tests of the paper", columns, rows, note)] if rows else []


def _head(spec: StudySpec, panel: Sequence[Spec], classifier: Spec) -> str:
    versions = ", ".join(str(brief(Defense, one)) for one in spec.defenses)
    versions += f", which learned from `{spec.defender}`" if spec.defender else ""
    return (
        "# Annotation study with simulated labelers\n\n"
        f"`{spec.data}`, seed {spec.seed}; versions: raw, {versions}. Labelers are simulated by "
        f"classifiers with noise ({', '.join(f'`{one}`' for one in panel)}), of two kinds. People "
        "recognize blurred pictures but have not trained on them, so they may lie between the two "
        f"kinds, and neither replaces them. The downstream classifier is `{classifier}`; "
        f"{N_DOWNSTREAM} labelers label its training pictures.\n"
    )
