"""Pictures that occur twice."""

import numpy as np

from bench.forensics.duplicates import equal_pairs, near_pairs


def pictures(n=20, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 3, 24, 24)).astype(np.uint8)


def test_equal_pictures_are_paired_with_the_first():
    images = pictures()
    assert equal_pairs(images) == []
    images[3] = images[7] = images[1]
    assert equal_pairs(images) == [(1, 3, 1.0), (1, 7, 1.0)]


def test_a_brighter_copy_is_near_and_other_pictures_are_not():
    images = pictures()
    images[9] = images[2] // 2 + 60
    (pair,) = near_pairs(images, np.arange(20) % 2)
    assert pair[:2] == (2, 9)
    assert pair.correlation > 0.999


def test_batches_miss_no_pair(monkeypatch):
    monkeypatch.setattr("bench.forensics.duplicates._BATCH", 4)
    images = pictures()
    images[17] = images[2]
    images[19] = images[16]
    found = {pair[:2] for pair in near_pairs(images, np.arange(20))}
    assert found == {(2, 17), (16, 19)}


def test_uniform_pictures_are_near_none():
    assert near_pairs(np.full((4, 3, 24, 24), 9, np.uint8), np.arange(4)) == []
