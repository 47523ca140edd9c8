"""Replaces pictures by canaries: noise that holds a known amount of a bit and of a person."""

import numpy as np
from numpy.typing import NDArray

from bench.api import Collection
from bench.faces import Faces, Images, Target
from bench.memory import empty
from bench.runner.artifacts import Artifact, Inputs, faces_in, of_faces, targets_in
from bench.runner.controls.canary import BIT_SPREAD, GRID, PERSON_SPREAD, TARGET
from bench.runner.rng import generator
from bench.runner.stage import Stage
from bench.runner.worker import Worker

GREY, SCALE = 127.5, 28.0  # grey level of nothing, and of one standard deviation of the noise

Fields = NDArray[np.float64]


def plant_canary(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The role's people and labels with canaries for pictures, and the bit as one more label.

    They hold a known amount, so what an attacker finds in them shows its power
    (bench.runner.controls.canary). Patterns are mirror-symmetric and smooth, so that shifting or
    mirroring training pictures does no harm.
    """
    part = inputs.one("faces")
    faces = faces_in(part)
    seed = stage.number("seed")
    bit = generator("canary bit", seed, stage.text("role")).integers(0, 2, len(faces))
    noise = _fields(generator("canary noise", seed, stage.text("role")), len(faces))  # (N, D)
    pattern = _fields(generator("canary pattern", seed), 1)[0]
    pattern /= np.linalg.norm(pattern)
    _, person = np.unique(faces.labels["identity"], return_inverse=True)
    names = np.unique(faces.labels["identity"])
    own = np.stack([_fields(generator("canary person", seed, int(n)), 1)[0] for n in names])
    own -= np.outer(own @ pattern, pattern)  # a person reveals nothing of the bit
    fields = noise + PERSON_SPREAD * own[person] + BIT_SPREAD * np.outer(bit - 0.5, pattern)
    planted = Faces(_pictures(fields, faces), {**faces.labels, TARGET: bit}, faces.image_id)
    targets = (*targets_in(part), Target(TARGET, "categorical", ("absent", "present")))
    masks = {name: np.asarray(part.arrays[name]) for name in ("valid", "gallery")}
    return of_faces(Collection(planted, targets), **masks)


def _fields(rng: np.random.Generator, n: int) -> Fields:
    """Standard normal numbers on the left half of a coarse grid, (n, GRID * GRID / 2)."""
    return rng.standard_normal((n, GRID * GRID // 2))


def _pictures(fields: Fields, faces: Faces) -> Images:
    """The fields mirrored and enlarged to pictures, grey, (N, 3, H, W)."""
    pictures = empty(faces.images.shape, np.uint8)
    for i, row in enumerate(fields):  # one at a time: floats take eight times the memory
        level = GREY + SCALE * enlarged(row[None], *faces.images.shape[2:])  # (1, H, W)
        pictures[i] = np.clip(np.rint(level), 0, 255)
    return pictures


def enlarged(fields: Fields, height: int, width: int) -> Fields:
    """Numbers on the left half of a G x G grid, (N, G * G / 2), mirrored, by pixel, (N, H, W)."""
    grid = round((2 * fields.shape[1]) ** 0.5)
    left = fields.reshape(-1, grid, grid // 2)
    coarse = np.concatenate([left, left[..., ::-1]], axis=2)  # (N, G, G)
    tall, wide = (np.arange(side) * grid // side for side in (height, width))
    return coarse[:, tall[:, None], wide]
