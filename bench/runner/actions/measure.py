"""Says how alike a defense's pictures and the raw ones are, and those of the roles."""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.data.alignment import landmarks
from bench.faces import Array, Faces
from bench.metrics.memory import Known, nearest
from bench.metrics.shift import FEWEST, Side, shift
from bench.runner.artifacts import faces_in, inputs_in
from bench.runner.stage import Stage
from bench.runner.store import Artifact
from bench.runner.worker import Worker

_AT_ONCE = 256


def measure(stage: Stage, inputs: Sequence[Artifact], worker: Worker) -> Artifact:
    """SSIM and PSNR (dB; infinite for an identical picture) of each picture of the probe.

    Where faces are looked for, `face` says whether MTCNN finds one in what is given out.
    And, as `shift.*`, answers to whether a picture is a probe's or an attacker's (bench.metrics
    .shift): a defense that treats the two differently is told by it. And, as `nearest.*`, whether
    the real picture that is most like a release is one that the defense was trained on, if it was
    (bench.metrics.memory).

    Source: Wang et al., IEEE TIP 13 (2004), by torchmetrics: Gaussian window, sigma 1.5.
    """
    faces, shown = faces_in(inputs[0]), inputs_in(inputs[1])
    parts = [
        _compared(faces.images[start : start + _AT_ONCE], shown[start : start + _AT_ONCE], worker)
        for start in range(0, len(faces), _AT_ONCE)
    ]
    ssim, psnr_db = np.concatenate(parts, axis=1)  # (2, N)
    person = np.asarray(faces.labels["identity"], np.int64)
    arrays = {"ssim": ssim, "psnr_db": psnr_db, "person": person, "row": faces.rows}
    if stage.number("align"):
        found = np.isfinite(landmarks(shown.astype(np.uint8), worker.device)).all(axis=(1, 2))
        arrays |= {"face": found.astype(np.uint8)}
    if not stage.number("alike"):  # the roles differ by design
        return Artifact(arrays)
    return Artifact({**arrays, **_shift(inputs), **_nearest(inputs)})


def _shift(inputs: Sequence[Artifact]) -> Mapping[str, Array]:
    """The answers; none where too few people are there."""
    sides = []
    for part, release in (inputs[2:4], inputs[:2]):
        faces = faces_in(part)
        person = np.asarray(faces.labels["identity"], np.int64)
        sides.append(Side(inputs_in(release).astype(np.uint8), person, faces.images))
    if min(len(np.unique(side.person)) for side in sides) < FEWEST:
        return {}
    said = shift(*sides)
    names = ("scores", "truth", "person", "row")
    return {f"shift.{name}": np.asarray(getattr(said, name)) for name in names}


def _nearest(inputs: Sequence[Artifact]) -> Mapping[str, Array]:
    """Which real picture is most like each of the probe's releases; nothing without a fit."""
    if len(inputs) < 5:
        return {}
    training, held_out = (_known(faces_in(part)) for part in (inputs[4], inputs[2]))
    found = nearest(inputs_in(inputs[1]).astype(np.uint8), training, held_out)
    return {f"nearest.{name}": values for name, values in found._asdict().items()}


def _known(faces: Faces) -> Known:
    person = np.asarray(faces.labels["identity"], np.int64)
    own = np.arange(len(faces))  # without takes, each picture is one
    return Known(faces.images, person, np.asarray(faces.labels.get("take", own), np.int64))


def _compared(raw: Array, shown: Array, worker: Worker) -> np.ndarray:
    import torch  # here: the planner imports this module, and needs no torch
    from torchmetrics import image

    first, second = (
        torch.from_numpy(np.array(part)).to(worker.device).float() / 255 for part in (raw, shown)
    )
    ssim = image.StructuralSimilarityIndexMeasure(data_range=1.0, reduction=None)(second, first)
    error = (first - second).square().mean(dim=(1, 2, 3))  # (N,)
    return torch.stack([ssim.view(-1), -10 * error.log10()]).cpu().numpy().astype(np.float32)
