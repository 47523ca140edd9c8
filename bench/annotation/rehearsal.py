"""A whole study by simulated labelers, in one report."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.annotation import study
from bench.annotation.analysis import AnalysisOptions, analyse
from bench.annotation.downstream import train_downstream
from bench.annotation.export import KEY
from bench.annotation.panel import PanelOptions, PanelThreat
from bench.annotation.study_spec import StudySpec
from bench.api import Defense
from bench.names import file_name
from bench.registry import brief
from bench.runner.step import Engine
from bench.runner.store import Store
from bench.runner.worker import Worker
from bench.spec import Spec
from bench.tables import Table, markdown

REPORT = "report.md"
PANELS: Mapping[PanelThreat, str] = {
    "raw": "that know raw pictures only",
    "aware": "that have also learned from protected pictures",
}
# Fewer than those of the usual panel, and without weak ones; the second is that of `quick`.
CLASSIFIERS = tuple(
    Spec.parse(f"cnn:batch=48,{fields}")
    for fields in ("steps=100,rounds=4,lr=0.001", "steps=60,rounds=4,lr=0.003")
)


class Participants(NamedTuple):
    """Who labels and learns."""

    panel: PanelOptions  # labels the chosen pictures, once for each of PANELS
    n_downstream: int  # odd; so many of them label all pictures that the classifier learns from
    classifier: Spec  # learns from their labels


def rehearse(
    specs: Sequence[StudySpec],
    options: study.ExportOptions,
    who: Participants,
    out: Path,
    store: Store,
    engine: Engine,
    worker: Worker,
) -> str:
    """Exports, labels and analyses all questions, and trains for the first; the report.

    Raw pictures are always shown, since their votes are the truth. Writes report.md, each
    question's study and each panel's analysis.
    """
    folders, options = [out / file_name(spec.name) for spec in specs], options._replace(raw=True)
    parts = [_head(specs[0], who)]
    for spec, folder in zip(specs, folders, strict=True):
        summary = study.export_study(spec, options, folder, store, engine)
        parts += [f"- {spec.name}: {line}" for line in summary]
    parts.append("")
    for threat, what in PANELS.items():
        panel = who.panel._replace(threat=threat)
        files = [file for one in folders for file in study.simulate(one, panel, store, engine)]
        tables, _ = analyse(files, [one / KEY for one in folders], AnalysisOptions(), out / threat)
        accuracies = [table for table in tables if table.name.endswith("-accuracy")]
        joined = stacked(accuracies, f"Accuracy of {panel.n_labelers} of them")
        parts += [f"## SIMULATED labelers {what}", "", markdown([joined], level=3)]
    panel = who.panel._replace(threat="aware", n_labelers=who.n_downstream)
    table = train_downstream(folders[0], panel, who.classifier, store, engine, worker)
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


def _head(spec: StudySpec, who: Participants) -> str:
    versions = ", ".join(str(brief(Defense, one)) for one in spec.defenses)
    panel = ", ".join(f"`{one}`" for one in who.panel.classifiers)
    return (
        "# Annotation study with simulated labelers\n\n"
        f"`{spec.data}`, seed {spec.seed}; versions: raw, {versions}. Labelers are simulated by "
        f"classifiers with noise ({panel}), of two kinds. People recognize blurred pictures but "
        "have not trained on them, so they may lie between the two kinds, and neither replaces "
        f"them. The downstream classifier is `{who.classifier}`; {who.n_downstream} labelers "
        "label its training pictures.\n"
    )
