"""A data set as files, to look at or to apply something to."""

from pathlib import Path

import numpy as np
import pandas as pd

from bench.api import ROLES, Dataset
from bench.data.protocols import parts
from bench.reports.files import check_new, new_folder
from bench.reports.sheet import picture_of
from bench.runner.worker import Worker


def save_data(dataset: Dataset, role: str | None, out: Path) -> None:
    """Writes `out/PERSON/NUMBER.png`, and `out/labels.csv` with takes and categorical labels.

    Args:
        dataset: what to save.
        role: whose pictures; all by default.
        out: a new folder.

    Raises:
        FileExistsError: if there is something in `out`.
        ValueError: if the role is none.
    """
    if role not in (None, *ROLES):
        raise ValueError(f"a role is one of {ROLES}, got {role!r}")
    check_new(out)
    faces, targets = dataset.load(Worker().protecting())
    if role:
        dealt = parts(faces, dataset.protocol, dataset.name, dataset.seed)
        faces = faces.pick(dealt.roles[role])
    columns: dict[str, list[str]] = {}
    for target in targets:
        if target.kind == "categorical":
            label = np.asarray(faces.labels[target.name])
            told = np.append(target.classes, "")  # the last one for a missing label, -1
            columns[target.name] = told[label].tolist()
    if "take" in faces.labels:
        columns["take"] = list(map(str, faces.labels["take"]))
    paths = [f"{person}/{number:05d}.png" for number, person in enumerate(columns["identity"])]
    with new_folder(out) as draft:
        for path, image in zip(paths, faces.images, strict=True):
            (draft / path).parent.mkdir(exist_ok=True)
            picture_of(image).save(draft / path)
        table = pd.DataFrame({"path": paths, **columns})
        table.to_csv(draft / "labels.csv", index=False, lineterminator="\n")
