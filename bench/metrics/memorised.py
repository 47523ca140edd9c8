"""Whether releases are nearest to pictures that the defense was trained on."""

import numpy as np

from bench.answers import Estimate
from bench.metrics.intervals import Floats, Ids, estimate, weighted_mean, wilson


def memorised(trained_on: Floats, person: Ids) -> Estimate:
    """Share of releases whose nearest real picture is one that was trained on; chance 0.5.

    The people (or takes) to compare with are drawn at random, so the interval is over the people
    who are nearest: many releases near to one person are one accident.

    Args:
        trained_on: whether the real picture nearest to each release was trained on, (N,)
            (bench.forensics.memorization).
        person: whose picture that is, (N,).

    Raises:
        ValueError: if all releases are nearest to one person, as where all releases are alike.

    Source: ours; distances to the nearest record as in Chen, Yu, Zhang, Fritz, GAN-Leaks, CCS 2020,
        who ask about each training picture. Asking about each release also finds a generator that
        gives out few of many training pictures.
    """
    n_people = len(np.unique(person))
    if n_people < 2:
        raise ValueError("expected releases near to two people or more, got one; nothing follows")
    share = estimate(weighted_mean(trained_on), person, 0.5)
    low, high = wilson(share.value * n_people, n_people)  # so few may agree by chance
    return share._replace(low=min(share.low, low), high=max(share.high, high))
