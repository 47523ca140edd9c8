"""Lets a defense with a code give out codes instead of pixels."""

from collections.abc import Sequence

import numpy as np

from bench.api import Context, Defense, LatentDefense, Weights
from bench.faces import Faces, describe
from bench.registry import make
from bench.runner.actions.protect import prepared
from bench.runner.artifacts import of_release
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker


def encode(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """The codes, float32, (N, D)."""
    defense = make(Defense, stage.spec)
    return encoded(defense, *prepared(stage, defense, inputs, worker))


def encoded(defense: Defense, faces: Faces, weights: Weights, context: Context) -> Artifact:
    """What a defense's encoder makes of faces, checked.

    Raises:
        TypeError: if the defense has none, or its codes are no float32.
        ValueError: if they have another shape, or are not finite.
    """
    if not isinstance(defense, LatentDefense):
        raise TypeError(f"{defense.name} has no code")
    codes = defense.encode(faces, weights, context)
    if not isinstance(codes, np.ndarray) or codes.dtype != np.float32:
        raise TypeError(f"{defense.name}.encode must return float32, got {describe(codes)}")
    if codes.ndim != 2 or len(codes) != len(faces):
        raise ValueError(f"{defense.name}.encode must return ({len(faces)}, D), got {codes.shape}")
    if not np.isfinite(codes).all():
        raise ValueError(f"{defense.name}.encode returned NaN or infinity")
    return of_release(codes, {})
