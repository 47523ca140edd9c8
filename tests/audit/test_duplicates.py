"""Pictures on both sides of a split are found."""

import numpy as np

from bench.audit.duplicates import duplicates, equal_pairs, near_pairs


def pictures(n=20, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 3, 24, 24)).astype(np.uint8)


def test_equal_pictures_count_only_apart():
    images = pictures()
    images[3] = images[7] = images[1]
    apart = np.zeros(20, np.int64)
    assert equal_pairs(images, apart) == []
    apart[7] = 1
    assert equal_pairs(images, apart) == [(1, 7, 1.0)]


def test_a_brighter_copy_is_near_and_strangers_are_not():
    images = pictures()
    images[9] = images[2] // 2 + 60
    (pair,) = near_pairs(images, np.arange(20) % 2)
    assert pair[:2] == (2, 9)
    assert pair.alike > 0.999


def test_blocks_miss_no_pair(monkeypatch):
    monkeypatch.setattr("bench.audit.duplicates._BLOCK", 4)
    images = pictures()
    images[17] = images[2]
    images[19] = images[16]
    found = {pair[:2] for pair in near_pairs(images, np.arange(20))}
    assert found == {(2, 17), (16, 19)}


def test_flat_pictures_are_near_none():
    assert near_pairs(np.full((4, 3, 24, 24), 9, np.uint8), np.arange(4)) == []


def test_a_duplicate_across_roles_leaks_with_an_example(honest):
    data = honest("open")
    assert {finding.verdict for finding in duplicates(data)} == {"ok"}
    first, second = (int(np.flatnonzero(data.roles[role])[0]) for role in ("attacker", "probe"))
    images = data.faces.images.copy()
    images[second] = images[first]
    equal, near = duplicates(data._replace(faces=data.faces.with_images(images)))
    assert (equal.value, equal.verdict, near.value, near.verdict) == (1, "leaks", 1, "leaks")
    assert f"attacker {first} (person {data.person[first]})" in equal.reason


def test_closed_data_may_share_no_picture_between_takes(honest):
    def copied(images, person):
        mine = np.flatnonzero(person == 0)
        images[mine] = images[mine[0]]
        return images

    equal, _ = duplicates(honest("closed", images=copied))
    assert equal.value == 15  # 20 pictures of 4 takes; the first one's take has 5
    assert "two takes" in equal.about
