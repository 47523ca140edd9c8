"""Whether the pictures that attackers learn from look otherwise than those they are asked about.

Applies to any two sets of pictures: the roles of a data set, or what a defense gives out of each.
A defense that protects the probe otherwise than the rest makes attackers look weak.
"""

from typing import NamedTuple

import numpy as np

from bench.answers import Answers
from bench.faces import Images
from bench.metrics.crossing import Floats, Ids, crossed, folds
from bench.metrics.looks import (
    components,
    extremes,
    grain,
    low_bits,
    mean_colour,
    residual,
    small,
    spectrum,
)

MOST = 4000  # pictures of each side, drawn
FEWEST = 5  # people of each side


class Side(NamedTuple):
    """One of two sets of pictures.

    Attributes:
        images: uint8, (N, 3, H, W).
        person: whose pictures they are, (N,).
        before: the same pictures without the defense, or the pictures themselves. With them even
            one grey level more or less is seen.
    """

    images: Images
    person: Ids
    before: Images


def shift(attacker: Side, probe: Side) -> Answers:
    """Answers to "is it a probe?", each by a classifier that knows nobody of its fold.

    Class 1 is the probe. Folds are by person also where both sides show the same people: were only
    takes held out, a person's other takes, mostly the attacker's, would pull the AUC below 0.5.

    Raises:
        ValueError: if a side shows fewer than 5 people.
    """
    sides = [_drawn(side) for side in (attacker, probe)]
    for side in sides:
        if (n_people := len(np.unique(side.person))) < FEWEST:
            raise ValueError(f"{n_people} people on a side are too few; give {FEWEST}")
    images, person, before = (np.concatenate(parts) for parts in zip(*sides, strict=True))
    truth = np.repeat([0, 1], [len(side.person) for side in sides])
    return crossed(_features(images, before), truth, person, folds(person, truth))


def _drawn(side: Side) -> Side:
    rows = np.sort(np.random.default_rng(0).permutation(len(side.person))[:MOST])
    return Side(side.images[rows], side.person[rows], side.before[rows])


def _features(images: Images, before: Images) -> Floats:
    looks = [
        components(small(images, 16).reshape(len(images), -1), 64),
        components(grain(images), 64),
        mean_colour(images),
        residual(images),
        spectrum(images),
        low_bits(images),
        extremes(images),
    ]
    if not np.array_equal(images, before):
        changed = small(images, 32) - small(before, 32)
        looks += [look(images) - look(before) for look in (mean_colour, residual, spectrum)]
        looks.append(components(changed.reshape(len(images), -1), 32))
    return np.concatenate(looks, axis=1)
