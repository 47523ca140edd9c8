"""Releases that are similar to training pictures."""

import numpy as np
import pytest

from bench.forensics.memorization import RealPictures, nearest_real_picture, same_size
from bench.metrics.releases import memorised


def known(rng, person, take=None):
    person = np.asarray(person)
    images = rng.integers(0, 256, (len(person), 3, 16, 16)).astype(np.uint8)
    return RealPictures(images, person, np.asarray(person if take is None else take))


def test_the_nearest_picture_is_found_whatever_its_contrast(rng):
    training, held_out = known(rng, [0, 1]), known(rng, [2, 3])
    darker = (training.images[1] // 2)[None]
    released = np.concatenate([darker, held_out.images[:1], training.images[:1]])
    found = nearest_real_picture(released, training, held_out)
    assert found.trained_on.tolist() == [1, 0, 1]
    assert found.person.tolist() == [1, 2, 0]


def test_a_picture_on_both_sides_and_a_uniform_one_tie(rng):
    training = known(rng, [0, 1])
    held_out = RealPictures(training.images.copy(), np.array([2, 3]), np.array([2, 3]))
    uniform = np.full((1, 3, 16, 16), 90, np.uint8)
    released = np.concatenate([training.images, uniform])
    found = nearest_real_picture(released, training, held_out)
    assert found.trained_on.tolist() == [0.5, 0.5, 0.5]


def test_as_many_people_on_both_sides(rng):
    first, second = known(rng, np.repeat([0, 1], 3)), known(rng, np.repeat([5, 6, 7, 8], 2))
    some, others = same_size(first, second)
    assert sorted(some.person) == sorted(first.person)
    assert len(np.unique(others.person)) == 2
    assert len(others.person) == 4  # all pictures of each


def test_as_many_takes_of_the_same_people(rng):
    first = known(rng, np.repeat([0, 1], 4), np.repeat([0, 1, 2, 3], 2))
    second = known(rng, np.repeat([0, 1], 6), np.repeat([10, 11, 12, 13], [4, 2, 3, 3]))
    some, others = same_size(first, second)
    for side in (some, others):
        takes = {(p, t) for p, t in zip(side.person.tolist(), side.take.tolist(), strict=True)}
        assert len(takes) == 4
    some, others = same_size(first, known(rng, [0, 1, 1], [10, 11, 11]))
    assert len(np.unique(some.take)) == 2  # one of each person


def test_random_pictures_are_nearest_to_training_pictures_half_of_the_time(rng):
    training, held_out = (known(rng, np.repeat(part + np.arange(30), 5)) for part in (0, 30))
    released = rng.integers(0, 256, (400, 3, 16, 16)).astype(np.uint8)
    found = memorised(*nearest_real_picture(released, training, held_out))
    assert found.low < 0.5 < found.high
    assert found.value == pytest.approx(0.5, abs=0.12)
