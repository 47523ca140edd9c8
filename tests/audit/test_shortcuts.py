"""Labels that can be predicted without a face are found, others are not."""

import numpy as np
import pytest

from bench.audit.shortcuts import SHORTCUTS, repeated_people, shortcuts
from bench.faces import MISSING


def leaking(data, *targets):
    """What leaks, as "target from shortcut"."""
    return {
        f.about for f in shortcuts(data, targets or ("identity", "gender")) if f.verdict == "leaks"
    }


def framed(images, person):
    """A border of the person's own shade."""
    images[:, :, :1] = 20 * person[:, None, None, None]
    return images


def tinted(images, person):
    """Brightness by gender."""
    return images // 2 + 40 * (person % 2)[:, None, None, None].astype(np.uint8)


def test_honest_data_leak_nothing(honest):
    assert leaking(honest()) == set()


def test_a_border_of_the_persons_own_is_found(honest):
    assert "identity from border" in leaking(honest(images=framed))


def test_a_tint_of_the_gender_is_found(honest):
    assert "gender from mean colour" in leaking(honest(images=tinted))


def test_file_sizes_of_the_person_are_found(honest):
    sized = honest(n_bytes=lambda data: 1000 + 50 * data.person + data.n_bytes // 100)
    assert leaking(sized) == {"identity from bytes"}


def test_the_order_of_a_sorted_folder_is_no_leak(honest):
    """Attackers never see it."""
    assert leaking(honest(sort=True)) == set()


def test_noise_of_the_persons_own_is_found(honest):
    def noisy(images, person):
        return images // (1 + person % 2)[:, None, None, None]

    assert "gender from noise" in leaking(honest(images=noisy))


def test_a_mark_in_the_lowest_bits_is_found(honest):
    def marked(images, person):
        images[:, :, 15:18, :3] = images[:, :, 15:18, :3] & 254 | (person % 2)[:, None, None, None]
        return images

    assert leaking(honest(images=marked)) == {"gender from low bits"}


def test_people_with_one_take_cannot_be_identified_in_another(honest):
    data = honest()
    alone = honest("open", labels={"take": data.person})
    findings = list(shortcuts(alone, ["identity"]))
    assert len(findings) == len(SHORTCUTS)
    assert {(f.verdict, f.reason) for f in findings} == {
        ("n/a", "fewer than two people have two takes")
    }


def test_missing_labels_are_left_out(honest):
    person = honest().person
    partly = honest(labels={"gender": np.where(person < 4, MISSING, person % 2)})
    assert {f.n for f in shortcuts(partly, ["gender"])} == {8 * 20}
    unknown = honest(labels={"gender": np.full(len(person), MISSING)})
    assert {f.verdict for f in shortcuts(unknown, ["gender"])} == {"n/a"}


def test_rank_1_is_of_people_with_several_takes():
    person, take = np.array([0, 0, 1, 1, 1, 2]), np.array([0, 1, 2, 3, 4, 5])
    assert repeated_people(person, take).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="two takes"):
        repeated_people(person, person)
