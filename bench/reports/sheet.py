"""Contact sheets: the releases of all defenses, to look at."""

from collections.abc import Mapping, Sequence
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
from bench.reports.records import without_path
from bench.reports.results import Result
from bench.runner.artifacts import faces_in, inputs_in
from bench.runner.plan import Plan
from bench.runner.store import Store
from bench.spec import Spec

N_PICTURES = 8  # per defense
SIDE_PX = 96
NAME_PX, NAME_CHARS = 230, 34  # width of the column with names
TITLE_PX, CAPTION_PX = 24, 13  # heights


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
        mine = rows.setdefault(of(cell)[0], {})
        name = str(brief(Defense, without_path(cell.defense)))
        if name not in mine and stages.pixels.key in store:
            faces = faces_in(store.get(stages.part.key))
            shown = np.linspace(0, len(faces) - 1, N_PICTURES).astype(int)
            images = inputs_in(store.get(stages.pixels.key))[shown].astype(np.uint8)
            mine_under = under.get(of(cell), {})
            ids = faces.image_id[shown].tolist()
            mine[name] = Strip(images, [mine_under.get(image_id) for image_id in ids])
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
