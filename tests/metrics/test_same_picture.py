"""Finding the very picture behind a release."""

from dataclasses import replace

import numpy as np
import pytest

from bench.answers import Templates
from bench.metrics.identification import gallery_of, rank
from bench.metrics.same_picture import same_picture


def asked(probe, person, row=None):
    """Templates that enroll nobody of interest."""
    probe, person = np.asarray(probe, np.float32), np.asarray(person)
    row = np.arange(len(person)) if row is None else np.asarray(row)
    return Templates(probe[:1], probe, person[:1], person, np.array([-1]), row)


def test_three_people_by_hand():
    raw = asked([[1, 0], [0, 1], [0.6, 0.8], [-1, 0]], [0, 1, 2, 2])
    released = asked([[1, 0], [0.6, 0.8], [0.6, 0.8], [0.8, 0.6]], [0, 1, 2, 2])
    # Person 1's scores: own 0.8, person 0's 0.6, person 2's first picture 1. The last one: own
    # -0.8, and two others above; that it is nearer to the person's other picture is no matter.
    found = same_picture(raw, released)
    assert found.better.tolist() == [0, 1, 0, 2]
    assert found.n_enrolled == 3
    assert rank(found, 1).value == 0.5
    assert gallery_of(found, 2).value == pytest.approx((1 + 0.5 + 1 + 0) / 4)


def test_the_order_of_the_pictures_does_not_matter(rng):
    probe = rng.standard_normal((12, 5)).astype(np.float32)
    raw = asked(probe, np.arange(12) // 3)
    turn = rng.permutation(12)
    released = asked(probe[turn] + 0.5, (np.arange(12) // 3)[turn], turn)
    first = rank(same_picture(raw, asked(probe + 0.5, np.arange(12) // 3)), 1)
    assert rank(same_picture(raw, released), 1) == first


def test_a_release_that_keeps_all_is_found_and_one_that_keeps_nothing_is_a_guess(templates):
    raw = templates(100, 3)
    assert gallery_of(same_picture(raw, raw), 100).value == 1
    nothing = replace(raw, probe=np.ones_like(raw.probe))
    blank = same_picture(nothing, nothing)
    for size in (10, 100):
        assert gallery_of(blank, size).value == pytest.approx(1 / size)
    noise = replace(raw, probe=templates(100, 3, seed=1).probe)
    found = gallery_of(same_picture(raw, noise), 10)
    assert found.low < 0.1 < found.high


def test_it_is_the_rank_by_loops(rng):
    person, n = np.repeat(np.arange(5), 4), 20
    raw, released = (asked(rng.standard_normal((n, 3)), person) for _ in range(2))
    found = same_picture(raw, released)
    for i in range(n):
        others = [4 * p for p in range(5) if p != person[i]]
        own = released.probe[i] @ raw.probe[i]
        assert found.better[i] == sum(released.probe[i] @ raw.probe[j] > own for j in others)


def test_other_pictures_are_an_error(templates):
    raw = templates(4, 2)
    with pytest.raises(ValueError, match="of the same pictures, got others"):
        same_picture(raw, replace(raw, probe_image_id=raw.probe_image_id + 1))
    with pytest.raises(ValueError, match="of two people or more, got one"):
        same_picture(asked(np.eye(3), [0, 0, 0]), asked(np.eye(3), [0, 0, 0]))
