"""Mixes a trace of the raw pictures into a release: who finds the secret in it can see."""

import numpy as np
from numpy.typing import NDArray

from bench.faces import Array, Images
from bench.forensics.image_features import block_means
from bench.memory import empty
from bench.runner.artifacts import Artifact, Inputs, faces_in, inputs_in, notes_in, of_release
from bench.runner.rng import generator
from bench.runner.stage import Stage
from bench.runner.worker import Worker

SIDE_PX = 16  # of the small raw picture that is mixed into a code

Floats = NDArray[np.float64]


def plant_trace(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """(1 - share) * release + share * trace, with the notes of the release.

    Of pictures, the trace is the raw picture of `faces`, and the mixture is rounded to bytes.
    Of codes, (N, D), it is s * z(R x) in each of the D numbers: x are the means of 16 x 16 blocks
    of the raw picture, R a random matrix that is the same in all roles, z subtracts the mean over
    the role's pictures and divides by the standard deviation, and s is the code's own standard
    deviation over them (1 where the code is the same for all). If all raw pictures are equal, the
    trace is 0.

    Raises:
        ValueError: if the detail `share` is not between 0 and 1.
    """
    release, raw = inputs.one("release"), faces_in(inputs.one("faces")).images
    share, shown = float(stage.text("share")), inputs_in(release)
    if not 0 < share < 1:
        raise ValueError(f"expected a share of the raw picture between 0 and 1, got {share}")
    planted: Array
    if shown.dtype == np.uint8:
        planted = empty(raw.shape, np.uint8)
        for i, (one, own) in enumerate(zip(shown, raw, strict=True)):  # floats take 8 times as much
            planted[i] = np.rint((1 - share) * one.astype(float) + share * own)
    else:
        codes = shown.astype(np.float64)  # (N, D)
        planted = ((1 - share) * codes + share * _trace(raw, codes)).astype(np.float32)
    return of_release(planted, notes_in(release))


def _trace(raw: Images, codes: Floats) -> Floats:
    """The small raw pictures, projected and scaled as the codes are, (N, D)."""
    small = block_means(raw, SIDE_PX).reshape(len(raw), -1).astype(np.float64)  # (N, <=768)
    if not np.ptp(small, axis=0).any():
        return np.zeros_like(codes)  # equal pictures leave no trace
    size = (small.shape[1], codes.shape[1])
    projected = small @ generator("trace projection", *size).standard_normal(size)  # (N, D)
    projected -= projected.mean(axis=0)
    own = codes.std(axis=0)
    own[np.ptp(codes, axis=0) == 0] = 1
    return np.asarray(projected / projected.std(axis=0) * own)
