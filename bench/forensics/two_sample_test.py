"""A classifier two-sample test: are the probe's pictures, or codes, like the attacker's?

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
N_PRODUCTS = 8  # numbers of codes, and of pictures, that are multiplied with one another


class PictureSet(NamedTuple):
    """One of the two sets of pictures."""

    inputs: Images | Floats  # pictures, uint8 (N, 3, H, W), or codes, float32 (N, D)
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
    inputs, person, raw = (np.concatenate(parts) for parts in zip(*sets, strict=True))
    truth = np.repeat([0, 1], [len(pictures.person) for pictures in sets])
    described = (_features if inputs.ndim == 4 else _code_features)(inputs, raw)
    return cross_validated(described, truth, person, folds(person, truth))


def _sample(pictures: PictureSet) -> PictureSet:
    order = np.random.default_rng(0).permutation(len(pictures.person))
    chosen = np.sort(order[:MAX_PICTURES])
    return PictureSet(pictures.inputs[chosen], pictures.person[chosen], pictures.raw[chosen])


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


def _code_features(codes: Floats, raw: Images) -> Floats:
    """Codes, their distance from the mean, and how they go with the raw pictures."""
    spread = np.maximum(codes.std(axis=0), 1e-6 * np.abs(codes).max(initial=1e-6))
    own = features.principal_components((codes - codes.mean(axis=0)) / spread, 64)  # (N, <=64)
    shrunk = features.block_means(raw, 16).reshape(len(raw), -1)
    pictures = features.principal_components(shrunk, N_PRODUCTS)
    products = own[:, :N_PRODUCTS, None] * pictures[:, None]  # change sign if one code does
    return np.concatenate([own, np.abs(own), products.reshape(len(raw), -1), pictures], axis=1)
