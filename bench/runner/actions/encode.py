"""Encodes raw or released pictures with the encoder of a defense that has a code."""

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Defense, LatentDefense, Weights
from bench.faces import Faces, describe
from bench.registry import make
from bench.runner.actions.protect import questions
from bench.runner.artifacts import Artifact, Inputs, faces_in, inputs_in, of_release
from bench.runner.stage import Stage
from bench.runner.worker import Worker

Codes = NDArray[np.float32]


def encode(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The codes of a role's pictures, float32, (N, D)."""
    return _encoded(stage, faces_in(inputs.one("faces")), inputs, worker)


def reencode(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The codes of protected pictures, float32, (N, D), as whoever has the defense computes them.

    The generators are the attacker's own: nothing drawn to protect or encode a picture recurs.
    """
    release = inputs_in(inputs.one("release")).view(np.uint8)
    faces = faces_in(inputs.one("faces")).with_images(release)
    return _encoded(stage, faces, inputs, worker, f"{stage.spec.name} reread")  # a frozen string


def _encoded(
    stage: Stage, faces: Faces, inputs: Inputs, worker: Worker, stream: str = ""
) -> Artifact:
    defense = make(Defense, stage.spec)
    asked = questions(stage, defense, faces, inputs, worker, stream)
    return of_release(np.concatenate([codes_of(defense, *each) for _, each in asked]), {})


def codes_of(defense: Defense, faces: Faces, weights: Weights, context: Context) -> Codes:
    """The codes of faces, float32 (N, D).

    Raises:
        TypeError: if the defense has no code, or it is not float32.
        ValueError: if it has another shape, or is not finite.
    """
    if not isinstance(defense, LatentDefense):
        raise TypeError(f"{defense.name} has no code")
    codes = defense.encode(faces, weights, context)
    if not isinstance(codes, np.ndarray) or codes.dtype != np.float32:
        raise TypeError(f"expected {defense.name}.encode to return float32, got {describe(codes)}")
    if codes.ndim != 2 or len(codes) != len(faces):
        raise ValueError(
            f"expected {defense.name}.encode to return ({len(faces)}, D), got {codes.shape}"
        )
    if not np.isfinite(codes).all():
        raise ValueError(f"expected finite codes of {defense.name}.encode, got NaN or infinity")
    return codes
