import hashlib

import numpy as np
import pytest

from bench.data.protocols import new_image_ids, parts, split
from bench.faces import Faces


def faces(people=12, takes=6, pictures=5):
    n = people * takes * pictures
    labels = {"identity": np.arange(n) // (takes * pictures), "take": np.arange(n) // pictures}
    return Faces(np.zeros((n, 3, 2, 2), np.uint8), labels, np.arange(n))


def groups(some, mask, label):
    return set(some.labels[label][mask].tolist())


@pytest.mark.parametrize(("protocol", "label"), [("open", "identity"), ("closed", "take")])
def test_roles_and_validation_share_no_group(protocol, label):
    some = faces()
    dealt = parts(some, protocol, 0)
    roles = [groups(some, mask, label) for mask in dealt.roles.values()]
    assert sum(len(role) for role in roles) == len(set.union(*roles))
    attacker = dealt.roles["attacker"]
    valid = groups(some, dealt.valid, label)
    assert valid < groups(some, attacker, label)
    assert not valid & groups(some, attacker & ~dealt.valid, label)


def test_closed_gives_every_role_every_person():
    some = faces()
    dealt = parts(some, "closed", 0)
    for mask in (*dealt.roles.values(), dealt.valid, dealt.roles["attacker"] & ~dealt.valid):
        assert groups(some, mask, "identity") == set(range(12))


def test_open_deals_people_by_quarter_half_quarter():
    dealt = parts(faces(people=40), "open", 0)
    n_people = {role: mask.sum() // 30 for role, mask in dealt.roles.items()}
    assert n_people == {"defender": 10, "attacker": 20, "probe": 10}


def test_a_larger_probe_leaves_the_attacker_twice_the_defenders_people():
    dealt = parts(faces(people=60), "open", 0, probe=0.5)
    n_people = {role: mask.sum() // 30 for role, mask in dealt.roles.items()}
    assert n_people == {"defender": 10, "attacker": 20, "probe": 30}


def test_the_paper_shares_rows_between_defender_and_attacker():
    some = faces(pictures=20)
    dealt = parts(some, "closed-paper", 0)
    assert (dealt.roles["defender"] == dealt.roles["attacker"]).all()
    assert not (dealt.roles["attacker"] & dealt.roles["probe"]).any()
    share = [dealt.roles["attacker"][some.labels["take"] == take].mean() for take in range(72)]
    assert set(share) == {0.85}


def test_the_paper_split_without_takes_is_by_person():
    some = faces(takes=1, pictures=20)
    bare = Faces(some.images, {"identity": some.labels["identity"]}, some.rows)
    dealt = parts(bare, "closed-paper", 0)
    assert dealt.roles["probe"].sum() == 12 * 3
    with pytest.raises(ValueError, match="several pictures"):
        parts(faces(pictures=1), "closed-paper", 0)


def test_too_few_takes_are_refused():
    with pytest.raises(ValueError, match="give at least 4 takes of a person"):
        parts(faces(takes=3), "closed", 0)


def test_a_person_with_too_few_takes_is_named_with_the_number_of_others():
    person, take = np.array([0, 0, 0, 0, 1, 2, 2]), np.array([7, 8, 9, 4, 5, 6, 6])
    labels = {"identity": person, "take": take}
    message = r"share the 1 take of person 1 \(and 1 more people have too few\); give at least 4"
    with pytest.raises(ValueError, match=message):
        split(labels, "closed", 0)
    with pytest.raises(ValueError, match="the 1 take of bob"):
        split(labels, "closed", 0, people=("ann", "bob", "cy"))
    with pytest.raises(ValueError, match="cannot share 3 people; give at least 4 people"):
        split(labels, "open", 0)


def test_a_probe_that_leaves_the_attacker_nothing_is_refused():
    with pytest.raises(ValueError, match=r"probe=0.9 leaves the attacker too little; choose a sm"):
        parts(faces(takes=4), "closed", 0, probe=0.9)


@pytest.mark.parametrize(
    ("protocol", "digest"),
    [
        ("open", "00d83341fad3273f"),
        ("closed", "a6d20490a9ad4121"),
        ("closed-paper", "258509a0e9d8908a"),
    ],
)
def test_splits_are_those_of_0_1(protocol, digest):
    """Digests of masks that its code gave."""
    some = faces(people=9, takes=5, pictures=3)
    mixed = some.pick(np.random.default_rng(0).permutation(len(some)))
    dealt = parts(mixed, protocol, "name", 3)
    masks = np.stack([*dealt.roles.values(), dealt.valid, dealt.gallery])
    assert hashlib.sha256(np.packbits(masks).tobytes()).hexdigest()[:16] == digest


def test_rows_are_distinct_and_repeat():
    rows = new_image_ids(10_000, "lfw")
    assert len(np.unique(rows)) == 10_000
    assert (rows == new_image_ids(10_000, "lfw")).all()
    assert abs(np.corrcoef(rows, np.arange(10_000))[0, 1]) < 0.05  # an id says nothing of its place
