"""A study from end to end: pictures out, labels in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.annotation import choice, export, panel
from bench.annotation.downstream import downstream
from bench.annotation.judges import Judge, Learned, judges
from bench.annotation.material import Material, material
from bench.annotation.reading import read_key
from bench.annotation.recipe import RAW, SAME, Recipe
from bench.annotation.tables import Table
from bench.api import Dataset
from bench.registry import make
from bench.runner.engine import Engine
from bench.runner.grid import Grid
from bench.runner.luck import generator
from bench.runner.store import Store
from bench.runner.worker import Worker
from bench.spec import Spec

Ids = NDArray[np.int64]

ANSWERS = "answers"  # folder of the simulated result files
NOT_SHOWN = ("none", "card", "constant")  # controls of a grid; --defense adds one


class Order(NamedTuple):
    """What a study should show.

    Attributes:
        raw: whether labelers see originals.
        choose: by bins of evidence, or at random.
        n_pictures: of which all versions are shown.
        evidence: labels to take it from, as `AU6+AU12`; the defender's classifier's if empty.
        bins: of evidence.
        text: the question as labelers read it.
        n_pairs: of the second question, whether two pictures show one person.
        base_url: where Mechanical Turk will find the pictures.
    """

    raw: bool
    choose: Literal["bins", "random"]
    n_pictures: int
    evidence: str
    bins: choice.Bins
    text: str
    n_pairs: int
    base_url: str


class PanelOrder(NamedTuple):
    """Who labels, where nobody does.

    Attributes:
        n_labelers: simulated ones.
        lapse: mean share of pictures that one answers at random.
        learned: whether they know raw pictures only, or (`aware`) protected ones, too.
        classifiers: that they take turns with.
    """

    n_labelers: int
    lapse: float
    learned: Learned = "raw"
    classifiers: tuple[Spec, ...] = panel.CLASSIFIERS


def recipe_of(grid: Grid, question: str, defenses: Sequence[str], seed: int) -> Recipe:
    """The recipe about the first task of a grid whose data can tell the answer.

    Args:
        grid: gives data, and defenses unless others are named.
        question: TARGET=CLASS, or a name.
        defenses: instead of the grid's.
        seed: of the study.

    Raises:
        ValueError: if no task's data know the target.
    """
    target = question.rpartition("=")[0]
    sets = [(task, task.data) for task in grid.tasks if isinstance(task.data, Spec)]
    known = {data: {asked.name for asked in make(Dataset, data).asks} for _, data in sets}
    found = [(task, data) for task, data in sets if not target or target in known[data]]
    if not found:
        names = sorted(set().union(*known.values()))
        raise ValueError(f"no data of grid {grid.name!r} tell {target!r}; they know {names}")
    task, data = found[0]
    own = tuple(spec for spec in task.defenses if spec.name not in NOT_SHOWN)
    return Recipe(data, tuple(map(Spec.parse, defenses)) or own, question, seed)


def send(recipe: Recipe, order: Order, folder: Path, store: Store, engine: Engine) -> list[str]:
    """Writes the study; returns what there is to know about it, a line each.

    Raises:
        ValueError: if the pictures cannot be had, or not so chosen.
    """
    given = material(recipe, store, engine)
    if order.evidence:
        given = given._replace(evidence=choice.evidence_in(given.faces.labels, order.evidence))
    chosen, poor = _chosen(given, order, recipe.seed)
    versions = _shown(given, order, chosen)
    made = export.items(recipe, given, versions, chosen)
    texts = {recipe.name: order.text or f"Does this picture show: {recipe.name}?"}
    if order.n_pairs:
        rng = generator("pairs", recipe.seed)
        pairs = choice.pairs(given.faces.labels, order.n_pairs, rng)
        made += export.pair_items(given, versions, pairs, raw=order.raw)
        texts[SAME] = "Do these two pictures show the same person?"
    export.write(recipe, made, texts, folder, order.base_url)
    told = [f"{len(chosen)} pictures in {len(versions)} versions: {', '.join(versions)}"]
    told += [f"bins with too few pictures: {poor}"] if poor else []
    sent = folder / export.SENT
    return [*told, f"send {sent} to labelers; keep {folder / export.KEY}, which tells versions"]


def simulate(folder: Path, order: PanelOrder, store: Store, engine: Engine) -> list[Path]:
    """Lets a panel label an exported study; the result files.

    Raises:
        FileNotFoundError: if the folder holds no study.
        ValueError: if no label answers its question.
    """
    recipe = Recipe.read(folder)
    who, said = _panel(recipe, order, store, engine)
    rows = material(recipe, store, engine).faces.rows
    key = read_key([folder / export.KEY])
    return panel.write(who, said, key, rows, recipe.name, folder / ANSWERS, recipe.seed)


def learn(
    folder: Path, order: PanelOrder, student: Spec, store: Store, engine: Engine, worker: Worker
) -> Table:
    """Lets the panel label all pictures of the probe, and trains students with these labels.

    Raises:
        FileNotFoundError: if the folder holds no study.
        ValueError: if no label answers its question, or there are too few pictures.
    """
    recipe = Recipe.read(folder)
    who, said = _panel(recipe, order, store, engine)
    given = material(recipe, store, engine)
    return downstream(recipe, given, who, said, student, worker)


def _panel(
    recipe: Recipe, order: PanelOrder, store: Store, engine: Engine
) -> tuple[list[panel.Labeler], list[Judge]]:
    found = judges(recipe, order.classifiers, order.learned, store, engine)
    return panel.labelers(order.n_labelers, len(found), order.lapse, recipe.seed), found


def _shown(given: Material, order: Order, chosen: Ids) -> list[str]:
    """The versions to show; raw pictures leave only if they are asked for, under any name."""
    if order.raw:
        return list(given.versions)
    for name, images in given.versions.items():
        same = (images[chosen] == given.faces.images[chosen]).all(axis=(1, 2, 3))
        if name != RAW and same.any():
            raise ValueError(
                f"{name} leaves {same.sum()} of {len(chosen)} pictures as they are; show raw ones "
                "(--raw), or leave it out"
            )
    if versions := [name for name in given.versions if name != RAW]:
        return versions
    raise ValueError("nothing to show: name a defense (--defense), or ask for --raw")


def _chosen(given: Material, order: Order, seed: int) -> tuple[Ids, str]:
    """Places of the pictures to show, and bins that had too few."""
    rng = generator("chosen", seed)
    if order.choose == "random":
        return choice.at_random(len(given.faces), order.n_pictures, rng), ""
    return choice.by_bins(given.evidence, order.n_pictures, order.bins, rng)
