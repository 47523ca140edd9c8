"""Encodes a role's pictures with a defense that has a code."""

import numpy as np

from bench.api import Context, Defense, LatentDefense, Weights
from bench.faces import Faces, describe
from bench.registry import make
from bench.runner.actions.protect import prepared
from bench.runner.artifacts import Inputs, of_release
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def encode(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The codes, float32, (N, D)."""
    defense = make(Defense, stage.spec)
    return encoded(defense, *prepared(stage, defense, inputs, worker))


def encoded(defense: Defense, faces: Faces, weights: Weights, context: Context) -> Artifact:
    """The codes of faces by a defense's encoder, checked.

    Raises:
        TypeError: if the defense has no encoder, or its codes are not float32.
        ValueError: if they have another shape, or are not finite.
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
    return of_release(codes, {})
