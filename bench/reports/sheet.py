"""The contact sheet: what each defense gives out, to be looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from bench.api import Dataset, Defense
from bench.faces import Images
from bench.registry import brief
from bench.reports.captions import Caption, captions, of
from bench.reports.records import anywhere
from bench.reports.results import Result
from bench.runner.artifacts import faces_in, inputs_in
from bench.runner.plan import Planner
from bench.runner.store import Store
from bench.runner.threats import RAW
from bench.spec import Spec

N_PICTURES = 8  # per defense
SIDE_PX = 96
NAME_PX, NAME_CHARS = 230, 34  # width of the column with names
TITLE_PX, CAPTION_PX = 24, 13  # heights


class Strip(NamedTuple):
    """Pictures, (N, 3, H, W), and what is said of each, or nothing of any."""

    images: Images
    captions: Sequence[Caption | None] = ()


def sheets(
    results: Sequence[Result], planner: Planner, store: Store, folder: Path, *, with_images: bool
) -> list[Path]:
    """Writes one PNG per data set: defenses as rows, probe pictures as columns.

    Under each picture stands what a raw-trained judge takes it for, with the probability in %, in
    red where it is wrong. Data sets that show real people are left out unless `with_images`.
    """
    said = captions(results)
    rows: dict[Spec, dict[str, Strip]] = {}
    for result in results:
        cell = result.cell
        if cell.purpose == "canary" or not (cell.data.shareable or with_images):
            continue
        mine = rows.setdefault(of(cell)[0], {})
        stage = planner.release(replace(cell, threat=RAW), "probe", 0)
        name = str(brief(Defense, anywhere(cell.defense)))
        if name not in mine and stage.key in store:
            faces = faces_in(store.get(planner.part(cell.data, "probe").key))
            shown = np.linspace(0, len(faces) - 1, N_PICTURES).astype(int)
            images = inputs_in(store.get(stage.key))[shown].astype(np.uint8)
            under = said.get(of(cell), {})
            mine[name] = Strip(images, [under.get(row) for row in faces.rows[shown].tolist()])
    paths = []
    for number, (data, pictures) in enumerate(rows.items()):
        path = folder / f"sheet-{number + 1}.png"
        drawn(str(brief(Dataset, data)), pictures).save(path)
        paths.append(path)
    return paths


def picture_of(image: Images) -> Image.Image:
    """A picture, (3, H, W), as Pillow has it."""
    return Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))  # (H, W, 3)


def drawn(title: str, rows: Mapping[str, Strip]) -> Image.Image:
    """A contact sheet with a row for each name."""
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
