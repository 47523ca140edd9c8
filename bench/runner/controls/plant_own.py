"""Plants a secret into a release, of the kind that one sort of attacker is there to find.

An attacker that finds it can see through this kind of picture; its silence then means something.
"""

import numpy as np
from numpy.typing import NDArray

from bench.faces import MISSING, Array, Images
from bench.forensics.image_features import block_means
from bench.memory import empty
from bench.runner.artifacts import (
    Artifact,
    Inputs,
    faces_in,
    inputs_in,
    notes_in,
    of_release,
    targets_in,
)
from bench.runner.controls.plant_canary import GREY, enlarged
from bench.runner.rng import generator
from bench.runner.stage import Stage
from bench.runner.worker import Worker

GRID = 8  # cells a side of a pattern
FLIPPED = 0.3  # share of the planted bits that are wrong
SHARE_OF_COARSE, SHARE_OF_PIXELS = 0.7, 0.2  # amplitude of a field, in standard deviations
LEAST_LEVELS, MOST_LEVELS = 3.0, 64.0  # of a field; half of the contrast is left to the release

Floats = NDArray[np.float64]
Classes = NDArray[np.int64]


def plant_own(stage: Stage, inputs: Inputs, worker: Worker) -> Artifact:
    """The release with a secret that is the class of the detail `target`; notes are kept.

    Each class or person has a pattern of random signs, coarse and mirror-symmetric in pictures;
    those of classes 2i and 2i + 1 are opposites. Patterns depend on `seed`, the target and the
    class only, so all roles share them, and strangers' patterns are of the same kind. Where the
    label is missing, nothing is planted.

    - kind `low-bits`: in a random half of the pixels the lowest bit is that of the pattern, or its
      opposite with probability 0.3.
    - kind `field`: the pattern is added, after the contrast was reduced so that it fits. Its
      amplitude is the largest of: 0.7 standard deviations of the release's cell means, 0.2 of its
      pixels, 3 levels; at most 64. To codes it is added with one standard deviation of each number
      (1 where all are equal).

    Raises:
        ValueError: if the target has no classes, the kind is unknown, or bits of codes are asked.
    """
    release, part, name = inputs.one("release"), inputs.one("faces"), stage.text("target")
    if next(t for t in targets_in(part) if t.name == name).kind != "categorical":
        raise ValueError(f"expected a target with classes to plant, got the number {name!r}")
    truth = np.asarray(faces_in(part).labels[name], np.int64)
    return of_release(_planted(inputs_in(release), truth, stage), notes_in(release))


def _planted(shown: Array, truth: Classes, stage: Stage) -> Array:
    """The release, (N, 3, H, W) or (N, D), with the pattern of each class of `truth`, (N,)."""
    kind, pictures = stage.text("kind"), shown.dtype == np.uint8
    about = (kind, stage.number("seed"), stage.text("target"))
    signs = _signs(truth, GRID * GRID // 2 if pictures else shown.shape[1], about)
    if kind == "field" and not pictures:
        own = shown.std(axis=0, dtype=np.float64)
        own[np.ptp(shown, axis=0) == 0] = 1
        return np.asarray(shown + signs * own, np.float32)
    images = shown.astype(np.uint8, copy=False)
    if kind == "field":
        return _with_fields(images, signs)
    if kind == "low-bits" and pictures:
        chosen = generator("own pixels", *about).random(shown.shape[1:]) < 0.5
        return _with_bits(images, signs, chosen, generator("own flips", *about, stage.text("role")))
    raise ValueError(f"expected kind field, or low-bits of pictures, got {kind!r}")


def _signs(truth: Classes, n: int, about: tuple[str | int, ...]) -> Floats:
    """The pattern of each picture's class, -1 or 1, (N, n); 0 where the class is missing."""
    classes, number = np.unique(truth, return_inverse=True)
    patterns = np.zeros((len(classes), n))
    for i, one in enumerate(classes.tolist()):
        if one != MISSING:
            drawn = generator("own pattern", *about, one // 2).integers(0, 2, n)
            patterns[i] = (2 * drawn - 1) * (-1) ** one
    return patterns[number]


def _with_bits(
    images: Images, signs: Floats, chosen: NDArray[np.bool_], rng: np.random.Generator
) -> Images:
    """Pictures whose lowest bits follow the signs in the chosen pixels, (3, H, W)."""
    planted = empty(images.shape, np.uint8)
    for i, row in enumerate(signs):  # one at a time: random numbers take eight times the memory
        planted[i] = images[i]
        pattern = enlarged(row[None], *images.shape[2:])  # (1, H, W)
        bit = (pattern > 0) ^ (rng.random(chosen.shape) < FLIPPED)
        where = chosen & (pattern != 0)
        planted[i][where] = (images[i] & 254 | bit)[where]
    return planted


def _with_fields(images: Images, signs: Floats) -> Images:
    """Pictures of less contrast with the signs as a faint field."""
    amplitude, planted = _amplitude(images), empty(images.shape, np.uint8)
    for i, row in enumerate(signs):
        pattern = enlarged(row[None], *images.shape[2:])  # (1, H, W)
        squeezed = (images[i] - GREY) * (1 - amplitude / GREY)
        planted[i] = np.rint(GREY + squeezed + amplitude * pattern)
    return planted


def _amplitude(images: Images) -> float:
    """Of the field, in grey levels.

    So planted into noise or random faces of 32 px, 5 nearest neighbours have S = 1.00 (12 classes,
    288 training pictures), a matcher 0.91 and more on strangers (59 people, 472 pictures). At half
    the amplitude, neighbours have 0.80 and more.
    """
    coarse = block_means(images, GRID).mean(axis=1).var(axis=0).mean()
    fine = np.mean([images[:, :, row].var(axis=0).mean() for row in range(images.shape[2])])
    own = max(SHARE_OF_COARSE * coarse**0.5, SHARE_OF_PIXELS * fine**0.5, LEAST_LEVELS)
    return float(min(own, MOST_LEVELS))
