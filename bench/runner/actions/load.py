"""Decodes or renders a whole data set, once."""

from bench.api import Dataset
from bench.registry import make
from bench.runner.artifacts import Inputs, of_faces
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def load(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """All pictures of the data set, with labels and targets.

    Raises:
        ValueError: if there is no picture, or a target has no label.
    """
    dataset = make(Dataset, stage.full_spec)
    collection = dataset.load(worker.protecting())
    if not len(collection.faces):
        raise ValueError(
            f"expected pictures in {stage.spec}, got none; loosen its fields or add pictures"
        )
    targets = {"identity"} | {target.name for target in collection.targets}
    if absent := sorted(targets - set(collection.faces.labels)):
        raise ValueError(f"expected labels of all targets of {stage.spec}, got none of {absent}")
    return of_faces(collection)
