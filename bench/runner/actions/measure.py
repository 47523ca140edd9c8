"""Compares a release with raw pictures, with another role's release, and with training data."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from bench.data.alignment import landmarks
from bench.faces import Array, Faces, Images
from bench.forensics.memorization import RealPictures, nearest_real_picture
from bench.forensics.similarity import similarity
from bench.forensics.two_sample_test import MIN_PEOPLE, PictureSet, two_sample_test
from bench.runner.artifacts import Artifact, Inputs, faces_in, inputs_in
from bench.runner.stage import Stage
from bench.runner.worker import Worker

Codes = NDArray[np.float32]


def measure(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """SSIM and PSNR (dB; infinite for an identical picture) of each picture of the probe.

    With data that were aligned, `face` is 1 where MTCNN finds a face in the release. Where roles
    are alike by design, `shift.*` are answers to whether a picture is the probe's or the attacker's
    (bench.forensics.two_sample_test), and `nearest.*` compares releases with the pictures that the
    defense was trained on (bench.forensics.memorization).
    """
    faces = faces_in(inputs.one("probe_faces"))
    shown = _released(inputs, "probe")
    person = np.asarray(faces.labels["identity"], np.int64)
    compared = similarity(faces.images, shown, worker.device)
    arrays = {**compared._asdict(), "person": person, "image_id": faces.image_id}
    if stage.number("align"):
        found = np.isfinite(landmarks(shown, worker.device)).all(axis=(1, 2))
        arrays |= {"face": found.astype(np.uint8)}
    if stage.number("alike"):
        arrays |= {**_shift(inputs, _released), **_nearest(inputs)}
    return Artifact(arrays)


def measure_codes(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """`shift.*` as by `measure`, of the codes `ROLE_release` of the pictures `ROLE_faces`."""
    return Artifact(_shift(inputs, _codes))


def _shift(inputs: Inputs, shown: Callable[[Inputs, str], Images | Codes]) -> Mapping[str, Array]:
    """The answers of the two-sample test; none where there are too few people."""
    sides = []
    for role in ("attacker", "probe"):
        faces = faces_in(inputs.one(f"{role}_faces"))
        person = np.asarray(faces.labels["identity"], np.int64)
        sides.append(PictureSet(shown(inputs, role), person, faces.images))
    if min(len(np.unique(side.person)) for side in sides) < MIN_PEOPLE:
        return {}
    answers = two_sample_test(*sides)
    names = ("scores", "truth", "person", "image_id")
    return {f"shift.{name}": np.asarray(getattr(answers, name)) for name in names}


def _nearest(inputs: Inputs) -> Mapping[str, Array]:
    """The real picture that is most like each release of the probe; nothing without training."""
    if "training" not in inputs:
        return {}
    real = [_real(faces_in(inputs.one(name))) for name in ("training", "attacker_faces")]
    found = nearest_real_picture(_released(inputs, "probe"), *real)
    return {f"nearest.{name}": values for name, values in found._asdict().items()}


def _released(inputs: Inputs, role: str) -> Images:
    return inputs_in(inputs.one(f"{role}_release")).astype(np.uint8, copy=False)


def _codes(inputs: Inputs, role: str) -> Codes:
    return inputs_in(inputs.one(f"{role}_release")).astype(np.float32)


def _real(faces: Faces) -> RealPictures:
    person = np.asarray(faces.labels["identity"], np.int64)
    own = np.arange(len(faces))  # without takes, each picture is one
    return RealPictures(faces.images, person, np.asarray(faces.labels.get("take", own), np.int64))
