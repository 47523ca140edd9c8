import re

import numpy as np
import pytest

from bench.data.celeba import ATTRIBUTES, CelebA

FILES = [f"{number:06}.jpg" for number in range(1, 9)]


def attributes():
    """The first person is a man; the others are not, but smile."""
    lines = [str(len(FILES)), " ".join(ATTRIBUTES)]
    for number, file in enumerate(FILES):
        shown = {"Male"} if number < 2 else {"Smiling"}
        lines.append(f"{file}  " + " ".join(" 1" if a in shown else "-1" for a in ATTRIBUTES))
    return "\n".join(lines)


def landmarks():
    names = [
        f"{of}_{axis}" for of in ("lefteye", "righteye", "nose", "left", "right") for axis in "xy"
    ]
    points = "69 111 108 111 88 135 72 152 104 152"
    return "\n".join([str(len(FILES)), " ".join(names), *(f"{file} {points}" for file in FILES)])


TEXTS = {
    "list_attr_celeba.txt": attributes(),
    "identity_CelebA.txt": "\n".join(f"{f} {2880 + n // 2}" for n, f in enumerate(FILES)),
    "list_eval_partition.txt": "\n".join(f"{f} {max(0, n - 5)}" for n, f in enumerate(FILES)),
    "list_landmarks_align_celeba.txt": landmarks(),
}


@pytest.fixture
def root(tree):
    return tree([f"img_align_celeba/{file}" for file in FILES], (178, 218), texts=TEXTS)


def test_labels_follow_the_lists(root):
    listing = CelebA(root=str(root)).listing()
    assert listing.labels["identity"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert listing.targets[0].classes == ("2880", "2881", "2882", "2883")
    assert listing.labels["gender"].tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert listing.labels["Smiling"].tolist() == [0, 0, 1, 1, 1, 1, 1, 1]
    assert len(listing.targets) == 41
    assert {target.name for target in listing.targets} == set(listing.labels)


def test_a_part_holds_its_pictures_and_people(root):
    listing = CelebA(root=str(root), part="test").listing()
    assert [path.name for path in listing.paths] == ["000008.jpg"]
    assert listing.targets[0].classes == ("2883",)


def test_the_folders_of_the_download_are_read(tree):
    places = {
        f"{'Eval' if 'eval' in name else 'Anno'}/{name}": text for name, text in TEXTS.items()
    }
    root = tree([f"Img/img_align_celeba/{f}" for f in FILES], (178, 218), texts=places)
    CelebA(root=str(root)).check()


def test_face_points_are_means_of_the_landmarks_in_the_square(root):
    """The square of 128 px begins at (25, 50)."""
    points = np.array([[69, 111], [108, 111], [88, 135], [72, 152], [104, 152]])
    found = np.array(CelebA(root=str(root)).face_points)
    assert np.abs(found - (points - (25, 50)) / 128).max() < 0.002


@pytest.mark.parametrize("name", TEXTS)
def test_a_missing_list_is_told(root, refused, name):
    (root / name).unlink()
    assert f"celeba expects {name} in {root}, found none" in refused(CelebA(root=str(root)))


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("list_attr_celeba.csv", "tables made anew"),
        ("CelebAMask-HQ/readme.txt", "the masked variant"),
        ("img_celeba/000001.txt", "the pictures before alignment"),
        ("img_align_celeba_png/1.txt", "the PNG variant"),
    ],
)
def test_another_variant_is_told(tree, refused, variant, words):
    assert words in refused(CelebA(root=str(tree(texts={variant: ""}))))


def test_a_list_that_lacks_a_picture_or_a_column_is_told(root, tree, refused):
    tree(texts={"identity_CelebA.txt": "000001.jpg 1"})
    lacks = "identity_CelebA.txt lacks 000002.jpg and 6 more"
    assert lacks in refused(CelebA(root=str(root)))
    tree(texts={"identity_CelebA.txt": "000001.jpg 1 1"})
    assert "expected 1 columns of a number from 1 after the file name, got 2;" in refused(
        CelebA(root=str(root))
    )


@pytest.mark.parametrize(
    ("name", "spoil", "words"),
    [
        ("landmarks_align", lambda t: t[: t.index("000003")], "lacks 000003.jpg and 5 more"),
        ("landmarks_align", lambda t: t[:-4], "got others for 000008.jpg;"),
        ("identity", lambda t: t.replace("2881", "x"), "got others for 000003.jpg and 1 more;"),
        ("identity", lambda t: f"{t}\n000001.jpg 7", "got others for 000001.jpg;"),
        ("identity", lambda t: t.replace("2881", "1.5"), "got others for 000003.jpg and 1 more;"),
        ("partition", lambda t: f"{t[:-1]}3", "got others for 000008.jpg;"),
        ("landmarks_align", lambda t: f"{t[:-3]}1769", "got others for 000008.jpg;"),
        ("list_attr", lambda t: f"{t[:-2]} 0", "got others for 000008.jpg;"),
        ("list_attr", lambda t: t.replace("Male", "Man"), "got a column Man;"),
        ("list_attr", lambda t: f"{t} 1 1", "got Error tokenizing data."),
        ("partition", lambda t: "", "got No columns to parse from file;"),
    ],
)
def test_a_damaged_list_is_told(root, tree, refused, name, spoil, words):
    (name,) = (one for one in TEXTS if name in one)
    tree(texts={name: spoil(TEXTS[name])})
    assert re.search(f"{name}.*{re.escape(words)}", refused(CelebA(root=str(root))))


def test_a_part_without_pictures_is_told(root, tree, refused):
    tree(texts={"list_eval_partition.txt": "\n".join(f"{file} 0" for file in FILES)})
    assert re.search(
        r"expected pictures in celeba:.*part=test.*, got none",
        refused(CelebA(root=str(root), part="test")),
    )


def test_a_list_that_is_missing_is_told_beside_other_pictures(root, tree, refused):
    (root / "identity_CelebA.txt").unlink()
    tree(["img_celeba/000001.jpg"])
    assert "expects identity_CelebA.txt" in (said := refused(CelebA(root=str(root))))
    assert "found none" in said


def test_a_crop_of_others_is_told(root, tree, refused):
    tree([f"img_align_celeba/{file}" for file in FILES], (64, 64))
    assert "expected pictures of 178x218 px in celeba" in refused(CelebA(root=str(root)))
