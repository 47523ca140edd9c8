"""Shuffles a label: the control of the harness."""

from collections.abc import Sequence

import numpy as np

from bench.api import Collection
from bench.faces import Faces, missing
from bench.runner.artifacts import faces_in, of_faces, targets_in
from bench.runner.luck import generator
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def shuffle(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """The role's pictures with one label dealt anew among them.

    At the source, for everybody: no picture tells such a label, so whoever gets it right was told
    by the harness. (Were only the training labels shuffled, an attacker that learned the true
    difference with a sign of luck's would be right always or never.)
    """
    part, name = inputs[0], stage.text("target")
    faces = faces_in(part)
    label = np.array(faces.labels[name])
    known = ~missing(label)
    rng = generator("shuffle", stage.number("seed"), name, stage.text("role"))
    label[known] = rng.permutation(label[known])
    dealt = Faces(faces.images, {**faces.labels, name: label}, faces.rows)
    masks = {mask: np.asarray(part.arrays[mask]) for mask in ("valid", "gallery")}
    return of_faces(Collection(dealt, targets_in(part)), **masks)
