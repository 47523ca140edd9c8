"""Metrics of a release before any attacker: similarity, faces found, memorised pictures.

Each takes values of N pictures, (N,), and the person of each, (N,).
"""

import numpy as np
from numpy.typing import NDArray

from bench.answers import Estimate
from bench.metrics.intervals import (
    CONFIDENCE,
    Floats,
    Ids,
    estimate,
    weighted_mean,
    widened,
    wilson,
)
from bench.metrics.means import mean_over_people


def ssim(values: Floats, person: Ids) -> Estimate:
    """Mean structural similarity of each picture with its original, -1..1.

    Source: Wang et al., as in bench.forensics.similarity [wang2004ssim].

    Raises:
        ValueError: if there are none, or one is not finite.
    """
    return mean_over_people("SSIM", values, person)


def psnr_db(values: Floats, person: Ids) -> Estimate:
    """Mean peak signal-to-noise ratio of each picture with its original, in dB.

    Raises:
        ValueError: if there are none, or one is infinite: that picture is identical.
    """
    if n_identical := int(np.isposinf(values).sum()):
        raise ValueError(
            f"expected pictures that differ from their originals, {n_identical} of {len(values)} "
            "are identical; report SSIM instead of PSNR"
        )
    return mean_over_people("PSNR", values, person)


def face_found(face: NDArray[np.bool_], person: Ids) -> Estimate:
    """Share of the pictures in which a face was found.

    Raises:
        ValueError: if there are no pictures.
    """
    if not len(face):
        raise ValueError("expected one picture or more, got none")
    return estimate(weighted_mean(face), person, np.nan)


def memorised(trained_on: Floats, person: Ids, *, confidence: float = CONFIDENCE) -> Estimate:
    """Share of releases whose nearest real picture is one that was trained on; chance 0.5.

    The people (or takes) to compare with are drawn at random, so the interval is over the people of
    the nearest pictures: many releases near one person count as one observation.

    Raises:
        ValueError: if all releases are nearest to one person, as where all releases are alike.

    Source: ours; distances to the nearest record as in Chen, Yu, Zhang, Fritz, GAN-Leaks, CCS 2020
        [chen2020ganleaks], who search for each training picture. A search for each release also
        finds a generator that copies few of many training pictures.
    """
    n_people = len(np.unique(person))
    if n_people < 2:
        raise ValueError("expected releases near to two people or more, got one; nothing follows")
    share = estimate(weighted_mean(trained_on), person, 0.5, confidence=confidence)
    few = wilson(share.value * n_people, n_people, confidence)
    return widened(share, few)  # so few may agree by chance
