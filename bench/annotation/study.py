"""A study from end to end: pictures out, labels in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from bench.annotation import choice, export
from bench.annotation.panel import PanelOptions, panel, write_labels
from bench.annotation.reading import read_key
from bench.annotation.study_pictures import StudyPictures, study_pictures
from bench.annotation.study_spec import RAW, SAME_PERSON, StudySpec
from bench.api import Dataset
from bench.metrics.intervals import Ids
from bench.registry import make
from bench.runner.grid import Grid
from bench.runner.rng import generator
from bench.runner.step import Engine
from bench.runner.store import Store
from bench.spec import Spec

ANSWERS = "answers"  # folder of the simulated result files
NOT_SHOWN = ("none", "card", "constant")  # controls of a grid; --defense adds one


class ExportOptions(NamedTuple):
    """Choices of what a study shows."""

    raw: bool  # whether labelers see originals
    choose: Literal["bins", "random"]  # by bins of evidence, or at random
    n_pictures: int  # of which all versions are shown
    evidence: str = ""  # labels to take it from, as `AU6+AU12`; empty for the defender's classifier
    bins: choice.Bins = choice.Bins()  # of evidence
    text: str = ""  # the question as labelers read it
    n_pairs: int = 0  # of the second question, whether two pictures show one person
    base_url: str = ""  # where Mechanical Turk will find the pictures


def study_spec(grid: Grid, question: str, defenses: Sequence[str], seed: int) -> StudySpec:
    """The study of the first task of a grid whose data have the target of TARGET=CLASS.

    A question may also be another name. Defenses, if any are named, replace those of the task.

    Raises:
        ValueError: if no task's data have the target.
    """
    target = question.rpartition("=")[0]
    names: set[str] = set()
    for task in grid.tasks:
        if not isinstance(task.data, Spec):
            continue
        known = {one.name for one in make(Dataset, task.data).targets}
        if not target or target in known:
            own = tuple(spec for spec in task.defenses if spec.name not in NOT_SHOWN)
            return StudySpec(task.data, tuple(map(Spec.parse, defenses)) or own, question, seed)
        names |= known
    raise ValueError(f"grid {grid.name!r}: expected a target of {sorted(names)}, got {target!r}")


def export_study(
    spec: StudySpec, options: ExportOptions, folder: Path, store: Store, engine: Engine
) -> list[str]:
    """Writes the study; the lines of a summary."""
    pictures = study_pictures(spec, store, engine)
    labels, rng = pictures.faces.labels, generator("chosen", spec.seed)
    if options.evidence:
        pictures = pictures._replace(evidence=choice.evidence_in(labels, options.evidence))
    n, n_there, short = options.n_pictures, len(pictures.faces), ""
    if options.choose == "bins":
        chosen, short = choice.by_bins(pictures.evidence, n, options.bins, rng)
    elif n > n_there:
        raise ValueError(f"expected {n_there} pictures of the probe or fewer, got --pictures {n}")
    else:
        chosen = rng.permutation(n_there)[:n]
    versions = _shown(pictures, chosen, raw=options.raw)
    items = list(export.picture_items(spec, pictures, versions, chosen))
    texts = {spec.name: options.text or f"Does this picture show: {spec.name}?"}
    if options.n_pairs:
        pairs = choice.pairs(labels, options.n_pairs, generator("pairs", spec.seed))
        items += export.pair_items(pictures, versions, pairs, raw=options.raw)
        texts[SAME_PERSON] = "Do these two pictures show the same person?"
    export.write(spec, items, texts, folder, options.base_url)
    line = f"{len(chosen)} pictures in {len(versions)} versions: {', '.join(versions)}"
    return [line, f"bins with too few pictures: {short}"] if short else [line]


def simulate(folder: Path, options: PanelOptions, store: Store, engine: Engine) -> list[Path]:
    """Lets a panel label an exported study; the result files."""
    spec, key = StudySpec.read(folder), read_key([folder / export.KEY])
    pictures = study_pictures(spec, store, engine)
    labelers = panel(spec, pictures, options, store, engine)
    return write_labels(labelers, key, pictures.faces.image_id, spec, folder / ANSWERS)


def _shown(pictures: StudyPictures, chosen: Ids, *, raw: bool) -> list[str]:
    """The versions to show; no version shows a raw picture unless `raw` is set."""
    if raw:
        return list(pictures.versions)
    originals, versions = pictures.faces.images[chosen], [v for v in pictures.versions if v != RAW]
    for name in versions:
        same = (pictures.versions[name][chosen] == originals).all(axis=(1, 2, 3))
        if same.any():
            raise ValueError(
                f"{name} leaves {same.sum()} of {len(chosen)} pictures unchanged; show raw ones "
                "(--raw), or leave it out"
            )
    if versions:
        return versions
    raise ValueError("expected a defense or --raw, got neither; name a defense with --defense")
