"""Mixing with a candidate of the other gender, on dots whose places are known."""

import numpy as np
import pytest

from bench.api import Defense
from bench.faces import Faces
from bench.registry import make
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec
from defenses.othman_ross import _candidates, _warped

AT = np.array([[[8.5, 8.5]], [[8.5, 16.5]], [[8.5, 8.5]]], np.float32) / 32
FIELDS = "gender=label,landmarks=label"


def dots(levels, points):
    """A grey dot at the landmark of each picture."""
    images = np.zeros((len(levels), 3, 32, 32), np.uint8)
    for image, level, (column, row) in zip(images, levels, points[:, 0] * 32, strict=True):
        image[:, int(row), int(column)] = level
    return images


WEIGHTS = {
    "pictures": dots([100, 60, 200], AT),
    "points": AT,
    "gender": np.array([0, 1, 1]),
    "shape": AT.mean(axis=0),
}
WEIGHTS["warped"] = _warped(WEIGHTS["pictures"], AT, WEIGHTS["shape"])


def mixed(gender, share):
    labels = {"gender": np.array([gender]), "landmarks": AT[:1]}
    faces = Faces(dots([190], AT[:1]), labels, np.arange(1))
    defense = make(Defense, Spec.parse(f"othman_ross:{FIELDS},share={share}"))
    context = Worker().protecting(RowGenerators(faces.image_id, 0, "othman_ross", 0))
    release = defense.protect(faces.declared(defense.reads_to_protect, ""), WEIGHTS, context)
    return release.images[0, 0] * 255, release.notes["estimated.gender"]


def test_the_nearest_of_the_other_gender_is_mixed_in_by_its_share():
    picture, note = mixed(gender=0, share=0.25)
    assert picture[8, 8] == pytest.approx(0.75 * 190 + 0.25 * 200, abs=0.5)
    assert note.tolist() == [0]


def test_landmarks_are_mixed_as_the_pixels_are():
    picture, _ = mixed(gender=1, share=1)  # the only candidate of gender 0 has the same place
    assert picture[8, 8] == pytest.approx(100, abs=0.5)
    far = {**WEIGHTS, "gender": np.array([1, 0, 1])}  # now it is the one 8 px below
    labels = {"gender": np.array([1]), "landmarks": AT[:1]}
    faces = Faces(dots([190], AT[:1]), labels, np.arange(1))
    defense = make(Defense, Spec.parse(f"othman_ross:{FIELDS},share=0.5"))
    context = Worker().protecting(RowGenerators(faces.image_id, 0, "othman_ross", 0))
    release = defense.protect(faces.declared(defense.reads_to_protect, ""), far, context)
    assert release.images[0, 0, 12, 8] * 255 == pytest.approx((190 + 60) / 2, abs=1)


def test_a_share_of_0_changes_nothing():
    picture, _ = mixed(gender=0, share=0)
    np.testing.assert_allclose(picture, dots([190], AT[:1])[0, 0], atol=0.01)


def test_everybody_is_a_candidate_once_before_anybody_twice():
    context = Worker().training(np.random.default_rng(0))
    person = np.array([7, 7, 7, 8, 9, 9, 5])
    mask = person != 5
    first = _candidates(mask, person, 3, context)
    assert sorted(person[first]) == [7, 8, 9]
    assert len(_candidates(mask, person, 9, context)) == 6


def test_it_reads_the_secret_only_if_told_to():
    assert make(Defense, Spec.parse("othman_ross")).reads_to_protect == ()
    assert make(Defense, Spec.parse("othman_ross:gender=label")).reads_to_protect == ("gender",)
