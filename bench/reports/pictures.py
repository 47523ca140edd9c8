"""Pictures to look at: contact sheets of the releases, and samples of trained defenses."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.api import SAMPLES, Dataset, Defense
from bench.faces import MISSING
from bench.registry import brief, controls, spec_of
from bench.reports.drawing import write_drawn
from bench.reports.judged import judged
from bench.reports.records import without_path
from bench.reports.results import Ids, Result, figures_in
from bench.reports.sheet import MEANT, WRONG, Sheet, Strip, sheet_files
from bench.runner.artifacts import Artifact, faces_in, inputs_in, targets_in
from bench.runner.cells import Cell
from bench.runner.plan import Plan
from bench.runner.store import Store
from bench.spec import Spec

N_PEOPLE = 6  # on a sheet
N_SAMPLES = 16  # of a row of samples, which may have a picture for each of hundreds of people
_MARKS = f"{WRONG} and orange: wrong. {MEANT} and blue: whom the release is made to show."


def sheets(
    results: Sequence[Result], plan: Plan, store: Store, folder: Path, *, with_images: bool
) -> list[Path]:
    """Writes a PNG and PDF per data set: a column per person, the original and its releases.

    Under each picture stands what judges say. Data sets that show real people are left out unless
    `with_images`.
    """
    by_part: dict[str, list[Result]] = {}
    for result in results:
        cell = result.cell
        is_shown = cell.purpose in ("private", "utility") and not cell.threat.clean
        if is_shown and not cell.skip_reason and (cell.data.shareable or with_images):
            stages = plan.of[cell]
            if stages.pixels.key in store:
                by_part.setdefault(stages.part.key, []).append(result)
    shown = (_sheet(found, plan, store) for found in by_part.values())
    drawn = (figures_in(store)(sheet_files, sheet) for sheet in shown)
    return [write_drawn(one, folder, f"sheet-{number}") for number, one in enumerate(drawn, 1)]


def samples(
    cells: Iterable[Cell], plan: Plan, store: Store, folder: Path, *, with_images: bool
) -> list[Path]:
    """Writes a PNG and PDF for each fitted defense whose weights hold sample pictures.

    Those of defenses that were fitted to real people are left out unless `with_images`.
    """
    stages = {
        stage.key: stage
        for cell in cells
        if cell in plan.of and (cell.source("defender").shareable or with_images)
        for stage in plan.of[cell].weights
        if stage.key in store
    }
    paths: list[Path] = []
    for stage in stages.values():
        weights = store.get(stage.key).weights
        if SAMPLES in weights:
            rows = weights[SAMPLES].astype(np.uint8)
            title = f"{brief(Defense, stage.spec)}: samples of the trained network"
            if rows.shape[1] > N_SAMPLES:
                title += f", {N_SAMPLES} of {rows.shape[1]} in a row"
            some = enumerate(rows[:, :N_SAMPLES], start=1)
            sheet = Sheet(title, {str(number): Strip(row) for number, row in some})
            name = f"samples-{stage.spec.name}-{len(paths) + 1}"
            paths.append(write_drawn(figures_in(store)(sheet_files, sheet), folder, name))
    return paths


def _sheet(results: Sequence[Result], plan: Plan, store: Store) -> Sheet:
    """Of results about the same pictures."""
    first = results[0].cell
    part = store.get(plan.of[first].part.key)
    releases: dict[Defense, str] = {}  # keys
    for cell in (result.cell for result in results):
        releases.setdefault(cell.defense, plan.of[cell].pixels.key)
    at = _people(part)
    ids = faces_in(part).image_id[at]
    judges = judged(results, ids)
    letters = "abcdef" if judges[1:] else [""]
    rows = {}
    for defense, name in _names(list(releases)).items():
        said = [(x, one.captions.get(defense, {})) for x, one in zip(letters, judges, strict=False)]
        captions = [[f"{x} {of.get(i, 'n/a')}".strip() for x, of in said] for i in ids.tolist()]
        images = inputs_in(store.get(releases[defense]))[at].astype(np.uint8)
        rows[name] = Strip(images, captions)
    about = [f"{x}: {judge.about}.".strip(": ") for x, judge in zip(letters, judges, strict=False)]
    note = "\n".join(["Under each picture:", *about, _MARKS] if judges else [])
    truth = list(_truth(part, at, {result.cell.target for result in results}))
    title = str(brief(Dataset, spec_of(first.data, without=("path",))))
    return Sheet(f"{title}: originals, releases and what judges say", rows, truth, note)


def _people(part: Artifact) -> Ids:
    """Places of a probe picture each of a few people, (n,)."""
    person, enrolled = faces_in(part).labels["identity"], np.asarray(part.arrays["gallery"], bool)
    probe = np.arange(len(person)) if enrolled.all() else np.flatnonzero(~enrolled)
    people = np.unique(person[probe])
    chosen = people[np.linspace(0, len(people) - 1, min(N_PEOPLE, len(people))).astype(int)]
    own = [probe[person[probe] == one] for one in chosen]
    return np.sort([places[i % len(places)] for i, places in enumerate(own)])


def _truth(part: Artifact, at: Ids, asked: Iterable[str]) -> Iterator[str]:
    """The labels of each of these pictures that have names."""
    labels = faces_in(part).labels
    named = [target for target in targets_in(part) if target.classes and target.name in asked]
    for i in at:
        known = [(target.classes, int(labels[target.name][i])) for target in named]
        yield ", ".join(classes[label] for classes, label in known if label != MISSING)


def _names(defenses: Sequence[Defense]) -> Mapping[Defense, str]:
    """Of several plugins alike the fields in which they differ; what a control does."""
    found = {}
    for defense in defenses:
        alike = [dict(spec_of(each).fields) for each in defenses if each.name == defense.name]
        spec = without_path(defense)
        differ = [(f, v) for f, v in spec.fields if any(each.get(f) != v for each in alike)]
        name = str(Spec(spec.name, "", tuple(differ)) if alike[1:] else brief(Defense, spec))
        if defense.name in controls():
            does = (type(defense).__doc__ or "").partition("\n")[0].partition(";")[0].rstrip(".")
            name += f" (control): {does[:1].lower()}{does[1:]}"
        found[defense] = name
    return found
