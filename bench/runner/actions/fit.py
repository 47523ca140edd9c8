"""Fits a defense to the defender's pictures."""

from collections.abc import Sequence

from bench.api import Defense, Learned, Weights
from bench.faces import Faces
from bench.registry import make
from bench.runner.artifacts import faces_in, of_weights
from bench.runner.luck import generator
from bench.runner.sharing import wanted
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def fit(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """What the defense learned; it saw the labels that it declared and no others.

    Where its spec names a file of weights, what is in there.
    """
    defense, told = make(Defense, stage.spec), make(Defense, stage.place)
    declaration = f"{type(defense).__name__}.reads_to_fit"
    faces = faces_in(inputs[0]).declared(defense.reads_to_fit, declaration)
    if isinstance(told, Learned) and told.weights:
        return of_weights(_given(told, stage, faces), defense.name)
    rng = generator("fit", stage.number("seed"), defense.name)
    return of_weights(defense.fit(faces, worker.training(rng)), defense.name)


def _given(defense: Learned, stage: Stage, faces: Faces) -> Weights:
    """The weights in the file that the defense names.

    Raises:
        ValueError: if it was fitted to pictures of another size, or changed since it was planned.
    """
    shared, shape = wanted(defense), faces.images.shape[1:]
    if shared.recipe.shape != shape:
        raise ValueError(
            f"{defense.weights} was fitted to pictures {shared.recipe.shape}, the data has "
            f"{shape}; give the data that size, or fit anew"
        )
    if shared.digest != stage.text("weights"):
        raise ValueError(f"{defense.weights} was changed since the run began; start it again")
    return shared.weights
