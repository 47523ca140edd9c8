"""A classifier two-sample test: are the probe's pictures like the attacker's?

For any two sets of pictures: the roles of a data set, or a defense's releases of each. A defense
that treats the probe differently makes attackers look weak.
"""

from typing import NamedTuple

import numpy as np

from bench.answers import Answers
from bench.faces import Images
from bench.forensics import image_features as features
from bench.forensics.cross_validation import Floats, Ids, cross_validated, folds

MAX_PICTURES = 4000  # of each set, chosen at random
MIN_PEOPLE = 5  # in each set


class PictureSet(NamedTuple):
    """One of the two sets of pictures."""

    images: Images  # uint8, (N, 3, H, W)
    person: Ids  # whose pictures they are, (N,)
    raw: Images  # the same before the defense, if any: reveals a change of one grey level


def two_sample_test(attacker: PictureSet, probe: PictureSet) -> Answers:
    """Answers to "is it a probe picture?" (class 1), cross-validated by person.

    Folds are by person even where both sets show the same people: if only takes were held out, the
    other takes of a person, mostly the attacker's, would pull the AUC below 0.5.

    Raises:
        ValueError: if a set shows fewer than 5 people.
    """
    sets = [_sample(pictures) for pictures in (attacker, probe)]
    for pictures in sets:
        if (n_people := len(np.unique(pictures.person))) < MIN_PEOPLE:
            raise ValueError(f"expected at least {MIN_PEOPLE} people in each set, got {n_people}")
    images, person, raw = (np.concatenate(parts) for parts in zip(*sets, strict=True))
    truth = np.repeat([0, 1], [len(pictures.person) for pictures in sets])
    return cross_validated(_features(images, raw), truth, person, folds(person, truth))


def _sample(pictures: PictureSet) -> PictureSet:
    order = np.random.default_rng(0).permutation(len(pictures.person))
    chosen = np.sort(order[:MAX_PICTURES])
    return PictureSet(pictures.images[chosen], pictures.person[chosen], pictures.raw[chosen])


def _features(images: Images, raw: Images) -> Floats:
    statistics = (features.mean_colour, features.noise_statistics, features.spectrum)
    own = [statistic(images) for statistic in statistics]
    shrunk = features.block_means(images, 16).reshape(len(images), -1)
    columns = [
        features.principal_components(shrunk, 64),
        features.principal_components(features.noise(images), 64),
        *own,
        features.low_bits(images),
        features.extreme_levels(images),
    ]
    if not np.array_equal(images, raw):
        columns += [
            found - statistic(raw) for found, statistic in zip(own, statistics, strict=True)
        ]
        change = features.block_means(np.subtract(images, raw, dtype=np.int16), 32)
        columns.append(features.principal_components(change.reshape(len(images), -1), 32))
    return np.concatenate(columns, axis=1)
