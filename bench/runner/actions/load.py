"""Decodes or draws a whole data set, once."""

from collections.abc import Sequence

from bench.api import Dataset
from bench.registry import make
from bench.runner.artifacts import of_faces
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def load(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """All pictures of the data set, with labels and targets.

    Raises:
        ValueError: if there is no picture, or a label asked about is not there.
    """
    dataset = make(Dataset, stage.place)
    collection = dataset.load(worker.protecting())
    if not len(collection.faces):
        raise ValueError(f"{stage.spec} holds no pictures; loosen its fields or add pictures")
    asked = {"identity"} | {target.name for target in collection.targets}
    if absent := sorted(asked - set(collection.faces.labels)):
        raise ValueError(f"{stage.spec} gives no labels {absent}, which it says can be asked")
    return of_faces(collection)
