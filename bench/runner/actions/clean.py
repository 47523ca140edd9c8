"""Cleans a role's pictures, as an attacker does before it learns from them or answers."""

import numpy as np

from bench.forensics.cleaning import cleaned
from bench.memory import blocks, empty
from bench.runner.artifacts import Artifact, Inputs, faces_in, inputs_in, notes_in, of_release
from bench.runner.rng import RowGenerators
from bench.runner.stage import Stage
from bench.runner.worker import Worker

_STREAM = "cleaned release"  # frozen; no plugin's name has a space


def clean(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The pictures of `release`, cleaned, in the order of `faces`, with their notes.

    The details `seed` and `query` and the image ids of `faces` seed each picture's generator.

    Raises:
        ValueError: if the release holds codes.
    """
    release, faces = inputs.one("release"), faces_in(inputs.one("faces"))
    images = inputs_in(release)
    if images.dtype != np.uint8:
        raise ValueError(f"expected pictures to clean, got {images.dtype}; codes stay as they are")
    rngs = RowGenerators(faces.image_id, stage.number("seed"), _STREAM, stage.number("query"))
    shown = empty(images.shape, np.uint8)
    for at in blocks(images):
        shown[at] = cleaned(images[at].view(np.uint8), rngs[at])
    return of_release(shown, notes_in(release))
