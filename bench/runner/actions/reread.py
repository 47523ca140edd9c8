"""Reads codes off what a defense gave out, with its own encoder."""

from collections.abc import Sequence

import numpy as np

from bench.api import Defense
from bench.registry import make
from bench.runner.actions.encode import encoded
from bench.runner.actions.protect import prepared
from bench.runner.artifacts import inputs_in
from bench.runner.luck import RowLuck
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def reread(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """The codes of protected pictures, float32, (N, D), as whoever has the defense can read them.

    Takes the release, and then what `encode` takes. Luck is the reader's own: what was drawn for a
    picture when it was protected, or encoded, is not drawn again.
    """
    defense, release = make(Defense, stage.spec), inputs[0]
    faces, weights, _ = prepared(stage, defense, inputs[1:], worker)
    seed, query = stage.number("seed"), stage.number("query")
    luck = RowLuck(faces.rows, seed, f"{defense.name} reread", query)
    shown = faces.with_images(inputs_in(release).astype(np.uint8))
    return encoded(defense, shown, weights, worker.protecting(luck))
