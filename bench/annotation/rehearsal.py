"""A whole study by labelers who are no people: one report of what it would show."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.annotation import study
from bench.annotation.analysis import Choices, analyse
from bench.annotation.export import KEY
from bench.annotation.judges import Learned
from bench.annotation.material import version_of
from bench.annotation.recipe import Recipe
from bench.annotation.tables import Table, markdown
from bench.runner.engine import Engine
from bench.runner.store import Store
from bench.runner.worker import Worker
from bench.spec import Spec

REPORT = "report.md"
PANELS: Mapping[Learned, str] = {
    "raw": "who know raw pictures only",
    "aware": "who have also learned from pictures protected alike",
}
# Fewer than the usual panel's, and none that hardly learns; the second is that of `quick`.
CLASSIFIERS = tuple(
    Spec.parse(f"cnn:batch=48,{fields}")
    for fields in ("steps=100,rounds=4,lr=0.001", "steps=60,rounds=4,lr=0.003")
)


class Cast(NamedTuple):
    """Who takes part.

    Attributes:
        panel: labels the chosen pictures; once for each of PANELS.
        n_teachers: of it, odd, who label all pictures that a student learns from.
        student: the classifier that learns.
    """

    panel: study.PanelOrder
    n_teachers: int
    student: Spec


def rehearse(
    recipes: Sequence[Recipe],
    order: study.Order,
    cast: Cast,
    out: Path,
    store: Store,
    engine: Engine,
    worker: Worker,
) -> str:
    """Exports, labels, analyses, and teaches the first question; the report, as written to `out`.

    Args:
        recipes: of the same pictures, with a question each.
        order: what to show; raw pictures are, as their votes are the truth.
        cast: who labels and learns.
        out: a folder for report.md, each question's study and each panel's analysis.
        store: of the stages.
        engine: that runs them.
        worker: where students learn.

    Raises:
        FileExistsError: if a study is there already.
        ValueError: if a stage fails, or pictures cannot be had.
    """
    told = [
        f"- {recipe.name}: {line}"
        for recipe in recipes
        for line in study.send(recipe, order._replace(raw=True), out / recipe.name, store, engine)
        if not line.startswith("send ")
    ]
    parts = [_head(recipes[0], cast), "\n".join(told), ""]
    folders = [out / recipe.name for recipe in recipes]
    for learned, who in PANELS.items():
        panel = cast.panel._replace(learned=learned)
        files = [path for one in folders for path in study.simulate(one, panel, store, engine)]
        tables, _ = analyse(files, [one / KEY for one in folders], Choices(), out / learned)
        labelled = [table for table in tables if table.name.endswith("-accuracy")]
        parts += [f"## SIMULATED labelers {who}", ""]
        parts.append(markdown(stacked(labelled, f"Accuracy of {panel.n_labelers} of them")))
    teachers = cast.panel._replace(learned="aware", n_labelers=cast.n_teachers)
    taught = study.learn(folders[0], teachers, cast.student, store, engine, worker)
    parts.append(markdown(stacked([taught], "A classifier of raw faces, taught by the latter")))
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
    return Table(kind, title, ("question", *tables[0].columns), rows, note)


def _head(recipe: Recipe, cast: Cast) -> str:
    versions = ", ".join(map(version_of, recipe.defenses))
    panel = ", ".join(f"`{spec}`" for spec in cast.panel.classifiers)
    return (
        "# Annotation study, rehearsed without people\n\n"
        f"`{recipe.data}`, seed {recipe.seed}; versions: raw, {versions}; a student is "
        f"`{cast.student}`, taught by {cast.n_teachers} labelers. For labelers stand classifiers "
        f"with noise ({panel}), of two kinds; people, who look through a blur but have not studied "
        "it, may lie between these, and are not replaced by either.\n"
    )
