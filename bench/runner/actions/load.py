"""Loads a whole data set, and splits it into defender, attacker and probe."""

from typing import cast

import numpy as np

from bench.api import Collection, Dataset, Role
from bench.data.protocols import PROBE_SHARE, parts
from bench.faces import Faces
from bench.memory import picked
from bench.registry import make
from bench.runner.artifacts import Artifact, Inputs, faces_in, of_faces, targets_in
from bench.runner.stage import Stage
from bench.runner.worker import Worker


def load(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """All pictures of the data set, decoded or rendered, with labels and targets.

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


def split(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The pictures of one role, with the masks `valid` and `gallery` (bench.data.protocols)."""
    loaded = inputs.one("whole")
    whole, fields = faces_in(loaded), dict(stage.spec.fields)
    share = float(fields.get("probe", PROBE_SHARE))
    dealt = parts(whole, stage.text("protocol"), stage.spec.name, fields["seed"], probe=share)
    mine = dealt.roles[cast(Role, stage.text("role"))]
    labels = {name: label[mine] for name, label in whole.labels.items()}
    faces = Faces(picked(whole.images, mine), labels, whole.image_id[mine])
    boxes = np.asarray(loaded.arrays["box"])[mine] if "box" in loaded.arrays else None
    collection = Collection(faces, targets_in(loaded), boxes)
    return of_faces(collection, valid=dealt.valid[mine], gallery=dealt.gallery[mine])
