"""Encodes raw or released pictures with the encoder of a defense that has a code."""

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Defense, LatentDefense, Weights
from bench.faces import Faces, describe
from bench.registry import make
from bench.runner.actions.protect import prepared
from bench.runner.artifacts import Inputs, inputs_in, of_release
from bench.runner.rng import RowGenerators
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker

Codes = NDArray[np.float32]


def encode(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The codes of a role's pictures, float32, (N, D)."""
    defense = make(Defense, stage.spec)
    return of_release(codes_of(defense, *prepared(stage, defense, inputs, worker)), {})


def reencode(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The codes of protected pictures, float32, (N, D), as whoever has the defense computes them.

    The generators are the attacker's own: nothing drawn to protect or encode a picture recurs.
    """
    defense, release = make(Defense, stage.spec), inputs.one("release")
    faces, weights, _ = prepared(stage, defense, inputs, worker)
    seed, query = stage.number("seed"), stage.number("query")
    rngs = RowGenerators(faces.image_id, seed, f"{defense.name} reread", query)  # a frozen string
    shown = faces.with_images(inputs_in(release).astype(np.uint8))
    return of_release(codes_of(defense, shown, weights, worker.protecting(rngs)), {})


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
