"""All pictures that occur twice, in whichever role."""

import numpy as np

from bench.audit.checks import duplicates


def with_copies(data, *pairs):
    images = data.faces.images.copy()
    for first, second in pairs:
        images[second] = images[first]
    return data._replace(faces=data.faces.with_images(images))


def counted(data):
    """The findings about numbers of pairs: of equal pictures, of nearly equal ones."""
    return [found for found in duplicates(data) if found.check == "duplicates"]


def test_honest_data_have_none(honest):
    found = list(duplicates(honest("open")))
    assert [(one.about, one.value, one.verdict) for one in found] == [
        ("equal pictures", 0, "ok"),
        ("near-duplicates", 0, "ok"),
    ]


def test_every_picture_of_two_people_is_found_in_whichever_role(honest):
    """Eight copies, each of another person's picture; some stay within a role."""
    data = honest("open")
    first = [int(np.flatnonzero(data.person == person)[0]) for person in range(8)]
    second = [int(np.flatnonzero(data.person == person)[1]) for person in range(1, 9)]
    found = list(duplicates(with_copies(data, *zip(first, second, strict=True))))
    pairs = [one for one in found if one.check == "pair"]
    expected = {
        frozenset((data.names[i], data.names[j])) for i, j in zip(first, second, strict=True)
    }
    assert {frozenset(one.about.split(" ~ ")) for one in pairs} == expected
    assert len(pairs) == 8 * 2  # equal, and nearly equal
    assert all(one.verdict == "leaks" and "two people" in one.reason for one in pairs)
    assert any("two roles" not in one.reason for one in pairs)
    assert [one.value for one in found if one.check == "duplicates"] == [8, 8]


def test_a_copy_of_one_person_within_a_role_is_listed_but_does_not_leak(honest):
    data = honest("open")
    own = np.flatnonzero(data.person == data.person[0])
    first, second = int(own[0]), int(own[data.take[own] != data.take[0]][0])
    equal, pair, *_ = duplicates(with_copies(data, (first, second)))
    assert pair.about == f"{data.names[first]} ~ {data.names[second]}"
    assert (equal.value, equal.verdict, pair.verdict) == (1, "ok", "ok")


def test_a_copy_across_roles_leaks_with_its_paths_roles_and_people(honest):
    data = honest("open")
    first, second = (int(np.flatnonzero(data.roles[role])[0]) for role in ("attacker", "probe"))
    equal, pair, near, _ = duplicates(with_copies(data, (first, second)))
    assert (equal.value, equal.verdict, near.value, near.verdict) == (1, "leaks", 1, "leaks")
    assert equal.reason == "equal bytes; 1 in two roles or of two people"
    assert set(pair.about.split(" ~ ")) == {data.names[first], data.names[second]}
    ends = {f"attacker person {data.person[first]}", f"probe person {data.person[second]}"}
    assert set(pair.reason.split(" and ")[0].split(", ")) == ends
    assert pair.reason.endswith(" and two roles and two people")


def test_closed_data_may_share_no_picture_between_takes(honest):
    def copied(images, person):
        mine = np.flatnonzero(person == 0)
        images[mine] = images[mine[0]]
        return images

    equal, near = counted(honest("closed", images=copied))
    assert equal.value == 19  # 20 pictures, each with the first
    assert "15 in two takes" in equal.reason  # of 4 takes; the first one's take has 5
    assert near.value == 150  # pairs of them in two takes: 6 * 5 * 5
