import os
from pathlib import Path

import numpy as np
import pytest

from bench.api import Dataset
from bench.data.lfw import LFW, POINTS
from bench.data.lfw_pairs import LFWPairs
from bench.data.official import points_in_square
from bench.registry import make
from bench.runner.worker import Worker
from bench.spec import Spec

CONTEXT = Worker().protecting()


@pytest.fixture
def root(tmp_path, picture):
    """Three people in the official layout."""
    files = {"Ann_Lee": 3, "Bob_Ray": 2, "Cy_Fox": 2}
    names = {name: [f"{name}_{i:04}.jpg" for i in range(1, n + 1)] for name, n in files.items()}
    for level, (name, pictures) in enumerate(names.items()):
        for file in pictures:
            picture(tmp_path / "lfw" / name / file, 50 + 50 * level)
    (tmp_path / "female_names.txt").write_text("\n".join(names["Ann_Lee"]) + "\n")
    (tmp_path / "male_names.txt").write_text("\n".join(names["Bob_Ray"] + names["Cy_Fox"]))
    return tmp_path


def test_labels_follow_folders_and_lists(root):
    faces, targets, _ = LFW(root=str(root), size=32).load(CONTEXT)
    assert faces.images.shape == (7, 3, 32, 32)
    assert faces.labels["identity"].tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert faces.labels["gender"].tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert targets[0].classes == ("Ann_Lee", "Bob_Ray", "Cy_Fox")
    assert faces.images[3].min() >= 99
    assert faces.images[3].max() <= 101


def test_too_few_takes_or_people_are_found_by_names_alone(root):
    """All pictures but the first are empty files: to decode one would be an error."""
    for path in sorted((root / "lfw").glob("*/*"))[1:]:
        path.write_bytes(b"")
    with pytest.raises(ValueError, match="cannot share 3 people"):
        LFW(root=str(root)).check()
    with pytest.raises(ValueError, match="share the 3 takes of Ann_Lee; give at least 4 takes"):
        LFW(root=str(root), protocol="closed", min_pictures=3).check()
    (root / "male_names.txt").write_text("Bob_Ray_0001.jpg")
    with pytest.raises(ValueError, match="in neither list"):
        LFW(root=str(root)).check()


def test_the_files_of_closed_are_those_that_it_loads(root):
    closed = LFW(root=str(root), protocol="closed", min_pictures=3)
    assert [path.stem[:3] for path in closed.files()] == ["fem", "mal", "Ann", "Ann", "Ann"]


def test_a_person_in_both_lists_is_named(root):
    (root / "female_names.txt").write_text("Ann_Lee_0001.jpg\nAnn_Lee_0002.jpg\n")
    with (root / "male_names.txt").open("a") as file:
        file.write("\nAnn_Lee_0003.jpg")
    with pytest.raises(
        ValueError, match="expected each person in one list, got Ann_Lee in both; fix"
    ):
        LFW(root=str(root)).check()


def test_closed_keeps_people_with_enough_pictures(root):
    faces, targets, _ = LFW(root=str(root), protocol="closed", min_pictures=3).load(CONTEXT)
    assert targets[0].classes == ("Ann_Lee",)
    assert len(faces) == 3


def test_women_and_men_are_chosen_in_turn(root, picture):
    """Both men have more pictures than the only woman."""
    for i in range(4):
        for name in ("Bob_Ray", "Cy_Fox"):
            picture(root / "lfw" / name / f"{name}_{i + 1:04}.jpg", 50)
    men = [path.name for path in (root / "lfw").glob("*/*.jpg") if path.parent.name != "Ann_Lee"]
    (root / "male_names.txt").write_text("\n".join(men))
    data = {"root": str(root), "protocol": "closed", "min_pictures": 3}
    targets = LFW(**data, people=2).load(CONTEXT).targets
    assert targets[0].classes == ("Ann_Lee", "Bob_Ray")
    targets = LFW(**data).load(CONTEXT).targets
    assert targets[0].classes == ("Ann_Lee", "Bob_Ray", "Cy_Fox")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda r: (r / "male_names.txt").unlink(),
            r"lfw expects male_names\.txt in .*, found none",
        ),
        (lambda r: (r / "lfw/Ann_Lee/Ann_Lee_0001.jpg").write_bytes(b""), r"0001\.jpg is empty"),
        (
            lambda r: (r / "lfw/Ann_Lee/Ann_Lee_0001.jpg").write_bytes(b"<html>"),
            r"0001\.jpg cannot be read, it is corrupt, trunc",
        ),
        (
            lambda r: (r / "male_names.txt").write_text("Bob_Ray_0001.jpg\nBob_Ray_0002.jpg"),
            "in neither list: Cy_Fox_0001.jpg and 1 more; fix female_names.txt and male_names.txt",
        ),
        (
            lambda r: (r / "lfw/Bob_Ray/Bob_Ray_0002.jpg").unlink(),
            "listed, but without a file: Bob_Ray_0002.jpg; fix",
        ),
    ],
)
def test_bad_input_is_one_error_that_names_the_file(root, spoil, message):
    spoil(root)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        LFW(root=str(root)).load(CONTEXT)


def test_a_truncated_picture_is_named(root):
    path = root / "lfw/Ann_Lee/Ann_Lee_0001.jpg"
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(ValueError, match=r"Ann_Lee_0001\.jpg cannot be read, it is corrupt"):
        LFW(root=str(root)).load(CONTEXT)


def test_a_picture_that_unpacks_to_something_huge_is_refused(root, picture):
    path = picture(root / "lfw/Ann_Lee/Ann_Lee_0002.jpg", size=(9000, 8000))
    assert path.stat().st_size < 2_000_000
    with pytest.raises(ValueError, match="expected pictures of 250x250 px in lfw, got 9000x8000"):
        LFW(root=str(root)).load(CONTEXT)


def test_cropped_pictures_are_told(root, picture):
    picture(root / "lfw/Ann_Lee/Ann_Lee_0001.jpg", size=(112, 112))
    with pytest.raises(ValueError, match="expected pictures of 250x250 px in lfw, got 112x112"):
        LFW(root=str(root)).check()


@pytest.mark.parametrize(
    ("crop", "centre"), [(0.6, (0.5, 0.53)), (0.96, (0.5, 0.52)), (1.0, (0.5, 0.5))]
)
def test_faces_stand_in_the_square_which_is_moved_inside_the_picture(crop, centre):
    inside = (np.array(POINTS) - centre) / crop + 0.5
    found = LFW(crop=crop).face_points
    assert np.allclose(found, inside, atol=1e-12, rtol=0)
    assert found == LFWPairs(crop=crop).face_points
    middles = tuple((250 * x, 250 * y) for x, y in POINTS)
    assert np.allclose(found, points_in_square(middles, (250, 250), LFW(crop=crop)))


def test_missing_data_says_what_to_set(monkeypatch):
    monkeypatch.delenv("BENCH_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="lfw not found: set BENCH_DATA"):
        LFW().files()


@pytest.mark.skipif("BENCH_DATA" not in os.environ, reason="BENCH_DATA names no folder with lfw/")
def test_the_real_photographs_load():
    dataset = make(Dataset, Spec.parse("lfw:size=32,protocol=closed"))
    assert Path(os.environ["BENCH_DATA"]).is_dir()
    faces, targets, _ = dataset.load(CONTEXT)
    n_pictures = np.bincount(faces.labels["identity"])
    assert n_pictures.min() >= 10
    assert len(n_pictures) == len(targets[0].classes) >= 50
    assert set(faces.labels["gender"].tolist()) == {0, 1}
    assert 20 < faces.images.std() < 90  # pictures, not blanks
