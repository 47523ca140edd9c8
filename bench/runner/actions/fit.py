"""Fits a defense to the defender's pictures."""

from collections.abc import Sequence

from bench.api import Defense
from bench.registry import make
from bench.runner.artifacts import faces_in, of_weights
from bench.runner.luck import generator
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def fit(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """What the defense learned; it saw the labels that it declared and no others."""
    defense = make(Defense, stage.spec)
    declaration = f"{type(defense).__name__}.reads_to_fit"
    faces = faces_in(inputs[0]).declared(defense.reads_to_fit, declaration)
    rng = generator("fit", stage.number("seed"), defense.name)
    return of_weights(defense.fit(faces, worker.training(rng)), defense.name)
