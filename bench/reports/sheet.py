"""Pictures to look at: contact sheets of the releases, and samples of trained defenses."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from bench.answers import Answers
from bench.api import SAMPLES, Dataset, Defense
from bench.faces import Images
from bench.metrics.calibration import probabilities
from bench.registry import brief, spec_of
from bench.reports.records import without_path
from bench.reports.results import Result
from bench.reports.selection import strongest
from bench.runner.artifacts import faces_in, inputs_in
from bench.runner.cells import Cell
from bench.runner.plan import Plan
from bench.runner.store import Store
from bench.spec import Spec

N_PICTURES = 8  # per defense
SIDE_PX = 96
NAME_PX, NAME_CHARS = 230, 34  # width of the column with names
TITLE_PX, CAPTION_PX = 24, 13  # heights


class Caption(NamedTuple):
    """A predicted class with its probability in %; `right` if it is the true one."""

    text: str
    right: bool


class Strip(NamedTuple):
    """Pictures, (N, 3, H, W), and the caption of each, or of none."""

    images: Images
    captions: Sequence[Caption | None] = ()


def sheets(
    results: Sequence[Result], plan: Plan, store: Store, folder: Path, *, with_images: bool
) -> list[Path]:
    """Writes one PNG per data set: defenses as rows, probe pictures as columns.

    Under each picture stands the prediction of a raw-trained classifier with its probability in %,
    red where it is wrong. Data sets that show real people are left out unless `with_images`.
    """
    under = captions(results)
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
        paths.append(folder / f"sheet-{number}.png")
        contact_sheet(str(brief(Dataset, data)), strips).save(paths[-1])
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
    for stage in stages.values():
        weights = store.get(stage.key).weights
        if SAMPLES in weights:
            pictures = weights[SAMPLES].astype(np.uint8)
            n_rows, n_columns, _, height, width = pictures.shape
            pixels = pictures.transpose(2, 0, 3, 1, 4)  # (3, rows, H, columns, W)
            whole = picture_of(pixels.reshape(3, n_rows * height, n_columns * width))
            scale = max(1, SIDE_PX // width)
            size = (scale * n_columns * width, scale * n_rows * height)
            paths.append(folder / f"samples-{stage.spec.name}-{len(paths) + 1}.png")
            whole.resize(size, Image.Resampling.NEAREST).save(paths[-1])
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
                own = _captions(result.classes, result.probe, valid)
                found[data_and_defense(result.cell)] = own
    return found


def data_and_defense(cell: Cell) -> tuple[Spec, Spec]:
    """What a picture of a sheet belongs to."""
    return spec_of(cell.data, without=("path",)), spec_of(cell.defense)


def picture_of(image: Images) -> Image.Image:
    """A picture, (3, H, W), as Pillow has it."""
    return Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))  # (H, W, 3)


def contact_sheet(title: str, rows: Mapping[str, Strip]) -> Image.Image:
    """A picture with a row of pictures for each name."""
    n_columns = max(len(row.images) for row in rows.values())
    heights = [SIDE_PX + CAPTION_PX * any(row.captions) for row in rows.values()]
    sheet = Image.new("RGB", (NAME_PX + n_columns * SIDE_PX, TITLE_PX + sum(heights)), "white")
    pen = ImageDraw.Draw(sheet)
    pen.text((6, 6), title, fill="black")
    top = TITLE_PX
    for (name, row), height in zip(rows.items(), heights, strict=True):
        lines = wrap(name.replace(",", ", "), NAME_CHARS)
        pen.text((6, top + SIDE_PX // 2 - 6 * len(lines)), "\n".join(lines), fill="black")
        for column, (image, caption) in enumerate(zip_longest(row.images, row.captions)):
            left = NAME_PX + column * SIDE_PX
            shown = picture_of(image).resize((SIDE_PX, SIDE_PX), Image.Resampling.NEAREST)
            sheet.paste(shown, (left, top))
            if caption:
                colour = "black" if caption.right else "red"
                pen.text((left + 4, top + SIDE_PX), caption.text, fill=colour)
        top += height
    return sheet


def _question(cell: Cell) -> tuple[object, ...]:
    return cell.task, cell.target, cell.seed, cell.threat_spec


def _captions(names: Sequence[str], probe: Answers, valid: Answers) -> Mapping[int, Caption]:
    shares = probabilities(probe.scores, valid)  # (N, C)
    found = {}
    for image_id, share, truth in zip(probe.image_id.tolist(), shares, probe.truth, strict=True):
        number = int(share.argmax())
        name = names[number] if names else str(number)
        found[image_id] = Caption(f"{name} {100 * share[number]:.0f}", number == truth)
    return found
