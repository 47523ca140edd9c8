"""What attackers said, as it lies in artifacts."""

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, Numbers, Said, Templates
from bench.api import Matcher, Regressor
from bench.metrics.matching import identified
from bench.runner.cells import Cell
from bench.runner.store import Artifact


def said_in(artifact: Artifact, cell: Cell, prefix: str = "") -> Said:
    """A cell's answers, about the probe or, with the prefix `valid.`, about validation rows.

    A matcher of people who are known (the closed protocols) answers who it is.
    """
    scores, person, row = named_in(artifact, prefix)
    truth = np.array(artifact.arrays[f"{prefix}truth"])
    if isinstance(cell.attacker, Regressor):
        return Numbers(scores[:, 0].astype(float), truth.astype(float), person, row)
    if not isinstance(cell.attacker, Matcher):
        return Answers(scores, truth.astype(np.int64), person, row)
    gallery, gallery_person, gallery_row = named_in(artifact, f"{prefix}gallery.")
    templates = Templates(gallery, scores, gallery_person, person, gallery_row, row)
    if cell.data.protocol == "open" or cell.purpose == "canary":
        return templates
    return identified(templates, int(max(person.max(), gallery_person.max())) + 1)


def named_in(
    artifact: Artifact, prefix: str
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Scores, people and rows whose names begin with the prefix."""
    scores = np.array(artifact.arrays[f"{prefix}scores"], np.float32)
    person, row = (np.array(artifact.arrays[prefix + part], np.int64) for part in ("person", "row"))
    return scores, person, row
