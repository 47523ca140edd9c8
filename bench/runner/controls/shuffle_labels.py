"""Shuffles a label: an attacker that still finds it shows a leak in the harness."""

import numpy as np

from bench.api import Collection
from bench.faces import Faces, missing
from bench.runner.artifacts import Artifact, Inputs, faces_in, of_faces, targets_in
from bench.runner.rng import generator
from bench.runner.stage import Stage
from bench.runner.worker import Worker


def shuffle_labels(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The role's pictures with one label permuted among them.

    It is shuffled at the source, for all roles: no picture reveals such a label. (If only training
    labels were shuffled, an attacker that learned the true difference with a random sign would be
    right always or never.)
    """
    part, name = inputs.one("faces"), stage.text("target")
    faces = faces_in(part)
    label = np.array(faces.labels[name])
    known = ~missing(label)
    rng = generator("shuffle", stage.number("seed"), name, stage.text("role"))
    label[known] = rng.permutation(label[known])
    shuffled = Faces(faces.images, {**faces.labels, name: label}, faces.image_id)
    masks = {mask: np.asarray(part.arrays[mask]) for mask in ("valid", "gallery")}
    return of_faces(Collection(shuffled, targets_in(part)), **masks)
