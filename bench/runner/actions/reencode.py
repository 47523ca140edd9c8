"""Encodes released pictures with the defense's own encoder."""

import numpy as np

from bench.api import Defense
from bench.registry import make
from bench.runner.actions.encode import encoded
from bench.runner.actions.protect import prepared
from bench.runner.artifacts import Inputs, inputs_in
from bench.runner.rng import RowGenerators
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def reencode(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The codes of protected pictures, float32, (N, D), as whoever has the defense computes them.

    The generators are the attacker's own: nothing drawn to protect or encode a picture recurs.
    """
    defense, release = make(Defense, stage.spec), inputs.one("release")
    faces, weights, _ = prepared(stage, defense, inputs, worker)
    seed, query = stage.number("seed"), stage.number("query")
    rngs = RowGenerators(faces.image_id, seed, f"{defense.name} reread", query)  # a frozen string
    shown = faces.with_images(inputs_in(release).astype(np.uint8))
    return encoded(defense, shown, weights, worker.protecting(rngs))
