"""The measured releases of a grid's defenses."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers
from bench.forensics.stability import instability
from bench.reports.figures import Figures
from bench.reports.results import Artifacts, figures_in, gender_of, reader, takes
from bench.runner.answers_io import columns_in
from bench.runner.artifacts import Artifact
from bench.runner.cell_stages import CellKeys
from bench.runner.cells import Cell
from bench.threats import RAW


class ReleaseQuality(NamedTuple):
    """A defense's release compared with the raw pictures, picture by picture."""

    cell: Cell  # any of the defense's
    key: str  # of the stage that holds them
    # By name, of each picture, (N,); None if not known: `ssim`, `psnr_db`; `people`; `person`, over
    # whom intervals are: under closed protocols, takes; `face`, whether one was found; `gender`;
    # `trained_on` and `nearest_person`, see `bench.metrics.releases`; `shift` and `code_shift`,
    # answers to whether a picture or code is the probe's or the attacker's; and `unstable`, why the
    # defense answers otherwise when it is asked again, or empty.
    values: dict[str, Any]
    figures: Figures = Figures()  # where those of these values are kept


def release_qualities(
    cells: Iterable[Cell], keys_of: Mapping[Cell, CellKeys], store: Artifacts
) -> list[ReleaseQuality]:
    """The measured releases of a grid that has run: one for each task, defense and seed."""
    found: dict[tuple[str, str], ReleaseQuality] = {}
    get, figures = reader(store), figures_in(store)
    for cell in cells:
        keys = keys_of.get(cell)
        if keys is None or (key := keys.measure) not in store:
            continue
        if (cell.task, key) not in found:
            values = _quality(get(key), get(keys.part), cell.data.protocol)
            plain = replace(cell, marks=(), threat=RAW)
            found[cell.task, key] = ReleaseQuality(plain, key, values, figures)
        values = found[cell.task, key].values
        for other in keys.again:
            if other in store:
                again = get(other)
                values["unstable"] = values["unstable"] or instability(again.arrays, again.meta)
            else:
                values["unstable"] = "it could not be asked again: that stage failed"
        for shift in (get(other) for other in keys.code_shift if other in store):
            values["code_shift"] = _shift(shift)
    return list(found.values())


def _quality(measured: Artifact, part: Artifact, protocol: str) -> dict[str, Any]:
    arrays, image_id = measured.arrays, np.array(measured.arrays["image_id"], np.int64)
    person = np.array(arrays["person"], np.int64)

    def stored(name: str, kind: type) -> NDArray[Any] | None:
        return np.array(arrays[name], kind) if name in arrays else None

    return {
        "ssim": stored("ssim", np.float64),
        "psnr_db": stored("psnr_db", np.float64),
        "people": person,
        "person": person if protocol == "open" else takes(part, image_id),
        "shift": _shift(measured),
        "code_shift": None,
        "face": stored("face", bool),
        "gender": gender_of(part, image_id),
        "trained_on": stored("nearest.trained_on", np.float64),
        "nearest_person": stored("nearest.person", np.int64),
        "unstable": "",
    }


def _shift(measured: Artifact) -> Answers | None:
    """The answers of the two-sample test; None if there are none."""
    if "shift.scores" not in measured.arrays:
        return None
    scores, person, image_id = columns_in(measured, "shift.")
    return Answers(scores, np.array(measured.arrays["shift.truth"], np.int64), person, image_id)
