"""Sample pictures of trained defenses: the array `samples` of their weights."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from bench.api import SAMPLES
from bench.faces import Images
from bench.runner.cells import Cell
from bench.runner.plan import Plan
from bench.runner.store import Store

SIDE_PX = 96


def samples(
    cells: Iterable[Cell], plan: Plan, store: Store, folder: Path, *, with_images: bool
) -> list[Path]:
    """Writes one PNG for each fitted defense that keeps samples.

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
            paths.append(folder / f"samples-{stage.spec.name}-{len(paths) + 1}.png")
            _sheet(weights[SAMPLES].astype(np.uint8)).save(paths[-1])
    return paths


def _sheet(pictures: Images) -> Image.Image:
    n_rows, n_columns, _, height, width = pictures.shape
    pixels = pictures.transpose(0, 3, 1, 4, 2).reshape(n_rows * height, n_columns * width, 3)
    scale = max(1, SIDE_PX // width)
    size = (scale * n_columns * width, scale * n_rows * height)
    return Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.NEAREST)
