"""Releases near to training pictures."""

import numpy as np
import pytest

from bench.metrics.memory import Known, Nearest, evenly, memorised, nearest


def known(rng, person, take=None):
    person = np.asarray(person)
    images = rng.integers(0, 256, (len(person), 3, 16, 16)).astype(np.uint8)
    return Known(images, person, np.asarray(person if take is None else take))


def test_the_nearest_picture_is_told_whatever_its_contrast(rng):
    training, held_out = known(rng, [0, 1]), known(rng, [2, 3])
    darker = (training.images[1] // 2)[None]
    released = np.concatenate([darker, held_out.images[:1], training.images[:1]])
    found = nearest(released, training, held_out)
    assert found.trained_on.tolist() == [1, 0, 1]
    assert found.person.tolist() == [1, 2, 0]


def test_a_picture_on_both_sides_and_a_flat_one_tie(rng):
    training = known(rng, [0, 1])
    held_out = Known(training.images.copy(), np.array([2, 3]), np.array([2, 3]))
    flat = np.full((1, 3, 16, 16), 90, np.uint8)
    released = np.concatenate([training.images, flat])
    assert nearest(released, training, held_out).trained_on.tolist() == [0.5, 0.5, 0.5]


def test_a_share_by_hand_with_its_interval_over_the_people_who_are_near():
    person = np.repeat([0, 1, 2, 3], 25)
    all_of_one = memorised(Nearest(np.where(person < 2, 1.0, 0.0), person))
    assert (all_of_one.value, all_of_one.n, all_of_one.chance) == (0.5, 100, 0.5)
    assert all_of_one.low < 0.1  # 100 releases, but four people
    spread = memorised(Nearest(np.tile([1.0, 0.0], 50), np.arange(100)))
    assert 0.38 < spread.low < 0.5 < spread.high < 0.62


def test_two_people_who_agree_tell_little():
    found = memorised(Nearest(np.ones(100), np.repeat([0, 1], 50)))
    assert found.low < 0.5 < found.high


def test_one_person_tells_nothing():
    with pytest.raises(ValueError, match="one draw tells nothing"):
        memorised(Nearest(np.ones(9), np.zeros(9, int)))


def test_as_many_strangers_on_both_sides(rng):
    first, second = known(rng, np.repeat([0, 1], 3)), known(rng, np.repeat([5, 6, 7, 8], 2))
    some, others = evenly(first, second)
    assert sorted(some.person) == sorted(first.person)
    assert len(np.unique(others.person)) == 2
    assert len(others.person) == 4  # whole people


def test_as_many_takes_of_the_same_people(rng):
    first = known(rng, np.repeat([0, 1], 4), np.repeat([0, 1, 2, 3], 2))
    second = known(rng, np.repeat([0, 1], 6), np.repeat([10, 11, 12, 13], [4, 2, 3, 3]))
    some, others = evenly(first, second)
    for side in (some, others):
        takes = {(p, t) for p, t in zip(side.person.tolist(), side.take.tolist(), strict=True)}
        assert len(takes) == 4
    some, others = evenly(first, known(rng, [0, 1, 1], [10, 11, 11]))
    assert len(np.unique(some.take)) == 2  # one of each person


def test_pictures_of_nobody_in_particular_are_a_guess(rng):
    training, held_out = (known(rng, np.repeat(part + np.arange(30), 5)) for part in (0, 30))
    released = rng.integers(0, 256, (400, 3, 16, 16)).astype(np.uint8)
    found = memorised(nearest(released, training, held_out))
    assert found.low < 0.5 < found.high
    assert found.value == pytest.approx(0.5, abs=0.12)
