"""The contact sheet: what each defense gives out, to be looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from bench.api import Dataset, Defense
from bench.faces import Images
from bench.registry import brief, spec_of
from bench.runner.artifacts import faces_in, inputs_in
from bench.runner.cells import Cell
from bench.runner.plan import Planner
from bench.runner.store import Store
from bench.runner.threats import RAW
from bench.spec import Spec

N_PICTURES = 8  # per defense
SIDE_PX = 96
NAME_PX = 230  # width of the column with names


def sheets(
    cells: Iterable[Cell], planner: Planner, store: Store, folder: Path, *, with_images: bool
) -> list[Path]:
    """Writes one PNG per data set: defenses as rows, probe pictures as columns.

    Data sets that show real people are left out unless `with_images`.
    """
    rows: dict[Spec, dict[str, Images]] = {}
    for cell in cells:
        if cell.purpose == "canary" or not (cell.data.shareable or with_images):
            continue
        mine = rows.setdefault(spec_of(cell.data, without=("place",)), {})
        stage = planner.release(replace(cell, threat=RAW), "probe", 0)
        name = str(brief(Defense, spec_of(cell.defense)))
        if name not in mine and stage.key in store:
            faces = faces_in(store.get(planner.part(cell.data, "probe").key))
            shown = np.linspace(0, len(faces) - 1, N_PICTURES).astype(int)
            mine[name] = inputs_in(store.get(stage.key))[shown].astype(np.uint8)
    paths = []
    for number, (data, pictures) in enumerate(rows.items()):
        path = folder / f"sheet-{number + 1}.png"
        drawn(str(brief(Dataset, data)), pictures).save(path)
        paths.append(path)
    return paths


def picture_of(image: Images) -> Image.Image:
    """A picture, (3, H, W), as Pillow has it."""
    return Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))  # (H, W, 3)


def drawn(title: str, pictures: Mapping[str, Images]) -> Image.Image:
    """A contact sheet with a row for each name."""
    n_columns = max(map(len, pictures.values()))
    sheet = Image.new("RGB", (NAME_PX + n_columns * SIDE_PX, 24 + len(pictures) * SIDE_PX), "white")
    pen = ImageDraw.Draw(sheet)
    pen.text((6, 6), title, fill="black")
    for line, (name, images) in enumerate(pictures.items()):
        top = 24 + line * SIDE_PX
        pen.text((6, top + SIDE_PX // 2 - 6), name, fill="black")
        for column, image in enumerate(images):
            shown = picture_of(image)
            place = (NAME_PX + column * SIDE_PX, top)
            sheet.paste(shown.resize((SIDE_PX, SIDE_PX), Image.Resampling.NEAREST), place)
    return sheet
