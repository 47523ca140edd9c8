"""Fits a defense to the defender's pictures."""

from bench.api import Defense, Learned
from bench.registry import make
from bench.runner.artifacts import Artifact, Inputs, faces_in, of_weights
from bench.runner.rng import generator
from bench.runner.shown import anonymous
from bench.runner.stage import Stage
from bench.runner.weights_file import weights_for
from bench.runner.worker import Worker


def fit(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The weights of a defense that sees only the labels it declares, or those of its file."""
    defense, named = make(Defense, stage.spec), make(Defense, stage.full_spec)
    declared = defense.reads_to_fit, f"{type(defense).__name__}.reads_to_fit"
    faces = anonymous(faces_in(inputs.one("faces")), slice(None), *declared)
    if isinstance(named, Learned) and named.weights:
        shared, shape = weights_for(named), faces.images.shape[1:]
        if shared.recipe.shape != shape:
            raise ValueError(
                f"expected weights for pictures {shape}, got {named.weights} for "
                f"{shared.recipe.shape}; use data of that size, or fit anew"
            )
        if shared.digest != stage.text("weights"):
            raise ValueError(f"{named.weights} changed since the run began; start it again")
        return of_weights(shared.weights, defense.name)
    rng = generator("fit", stage.number("seed"), defense.name)
    return of_weights(defense.fit(faces, worker.training(rng)), defense.name)
