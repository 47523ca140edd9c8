"""Reads answers out of artifacts."""

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, AnyAnswers, Numbers, Templates
from bench.api import Matcher, Regressor
from bench.metrics.matching import identified
from bench.runner.artifacts import Artifact
from bench.runner.cells import Cell


def answers_in(artifact: Artifact, cell: Cell, prefix: str = "") -> AnyAnswers:
    """A cell's answers, about the probe or, with the prefix `valid.`, about the validation part.

    Under closed protocols, where all people are known, a matcher's answers name the person.
    """
    scores, person, image_id = columns_in(artifact, prefix)
    truth = np.array(artifact.arrays[f"{prefix}truth"])
    if isinstance(cell.attacker, Regressor):
        return Numbers(scores[:, 0].astype(float), truth.astype(float), person, image_id)
    if not isinstance(cell.attacker, Matcher):
        return Answers(scores, truth.astype(np.int64), person, image_id)
    gallery, gallery_person, gallery_image_id = columns_in(artifact, f"{prefix}gallery.")
    templates = Templates(gallery, scores, gallery_person, person, gallery_image_id, image_id)
    if cell.data.protocol == "open" or cell.purpose == "canary":
        return templates
    return identified(templates, int(max(person.max(), gallery_person.max())) + 1)


def columns_in(
    artifact: Artifact, prefix: str
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Scores, people and image ids under names that begin with the prefix."""
    scores = np.array(artifact.arrays[f"{prefix}scores"], np.float32)
    person, image_id = (
        np.array(artifact.arrays[prefix + part], np.int64) for part in ("person", "image_id")
    )
    return scores, person, image_id
