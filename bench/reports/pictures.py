"""Pictures to look at: contact sheets of the releases, and samples of trained defenses."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.answers import Answers
from bench.api import SAMPLES, Dataset, Defense
from bench.metrics.calibration import likeliest
from bench.registry import brief, spec_of
from bench.reports.records import without_path
from bench.reports.results import Result, figures_in
from bench.reports.selection import strongest
from bench.reports.sheet import Caption, Strip, samples_png, sheet_png
from bench.runner.artifacts import faces_in, inputs_in
from bench.runner.cells import Cell
from bench.runner.plan import Plan
from bench.runner.store import Store
from bench.spec import Spec

N_PICTURES = 8  # per defense


def sheets(
    results: Sequence[Result], plan: Plan, store: Store, folder: Path, *, with_images: bool
) -> list[Path]:
    """Writes one PNG per data set: defenses as rows, probe pictures as columns.

    Under each picture stands the prediction of a raw-trained classifier with its probability in %,
    red where it is wrong. Data sets that show real people are left out unless `with_images`.
    """
    under, figures = captions(results), figures_in(store)
    rows: dict[Spec, dict[str, Strip]] = {}
    for result in results:
        cell = result.cell
        if cell.skip_reason or not (cell.data.shareable or with_images):
            continue
        stages = plan.of[cell]
        strips = rows.setdefault(data_and_defense(cell)[0], {})
        name = str(brief(Defense, without_path(cell.defense)))
        if name not in strips and stages.pixels.key in store:
            faces = faces_in(store.get(stages.part.key))
            shown = np.linspace(0, len(faces) - 1, N_PICTURES).astype(int)
            images = inputs_in(store.get(stages.pixels.key))[shown].astype(np.uint8)
            own, ids = under.get(data_and_defense(cell), {}), faces.image_id[shown].tolist()
            strips[name] = Strip(images, [own.get(image_id) for image_id in ids])
    paths = []
    for number, (data, strips) in enumerate(rows.items(), start=1):
        if not strips:  # no picture was protected
            continue
        paths.append(folder / f"sheet-{number}.png")
        drawn = figures(sheet_png, str(brief(Dataset, data)), strips)
        paths[-1].write_bytes(base64.b64decode(drawn))
    return paths


def samples(
    cells: Iterable[Cell], plan: Plan, store: Store, folder: Path, *, with_images: bool
) -> list[Path]:
    """Writes one PNG for each fitted defense whose weights hold sample pictures.

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
    figures = figures_in(store)
    for stage in stages.values():
        weights = store.get(stage.key).weights
        if SAMPLES in weights:
            paths.append(folder / f"samples-{stage.spec.name}-{len(paths) + 1}.png")
            drawn = figures(samples_png, weights[SAMPLES].astype(np.uint8))
            paths[-1].write_bytes(base64.b64decode(drawn))
    return paths


def captions(results: Sequence[Result]) -> Mapping[tuple[Spec, Spec], Mapping[int, Caption]]:
    """The prediction for each picture of the probe, by data and defense, then image id.

    Of the raw-trained classifier that is strongest without a defense, in the first task with the
    data; probabilities are calibrated on its validation pictures without a defense.
    """
    by_data: dict[Spec, list[Result]] = {}
    for result in results:
        if result.cell.purpose == "private" and result.cell.threat.name == "raw":
            by_data.setdefault(data_and_defense(result.cell)[0], []).append(result)
    found: dict[tuple[Spec, Spec], Mapping[int, Caption]] = {}
    for group in by_data.values():
        about = [result for result in group if _question(result.cell) == _question(group[0].cell)]
        choice = strongest(r for r in about if r.cell.defense.changes_nothing)
        if choice is None or not isinstance(choice.result.valid, Answers):
            continue
        valid, judge = choice.result.valid, choice.result.cell.attacker
        for result in about:
            if result.cell.attacker == judge and isinstance(result.probe, Answers):
                said = result.figures(likeliest, result.probe, valid)
                found[data_and_defense(result.cell)] = _captions(result.classes, result.probe, said)
    return found


def data_and_defense(cell: Cell) -> tuple[Spec, Spec]:
    """What a picture of a sheet belongs to."""
    return spec_of(cell.data, without=("path",)), spec_of(cell.defense)


def _question(cell: Cell) -> tuple[object, ...]:
    return cell.task, cell.target, cell.seed, cell.threat_spec


def _captions(
    names: Sequence[str], probe: Answers, said: Sequence[tuple[int, float]]
) -> Mapping[int, Caption]:
    known = zip(probe.image_id.tolist(), said, probe.truth.tolist(), strict=True)
    return {
        i: Caption(f"{names[number] if names else number} {100 * share:.0f}", number == truth)
        for i, (number, share), truth in known
    }
