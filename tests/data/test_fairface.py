import pytest

from bench.data.fairface import FairFace

COLUMNS = "file,age,gender,race,service_test"
NAMES = [f"{part}/{number}.jpg" for part in ("train", "val") for number in range(1, 5)]
TEXTS = {
    "fairface_label_train.csv": "\n".join(
        [COLUMNS, *(f"train/{n}.jpg,3-9,Male,East Asian,True" for n in range(1, 5))]
    ),
    "fairface_label_val.csv": "\n".join(
        [COLUMNS, *(f"val/{n}.jpg,more than 70,Female,White,False" for n in range(1, 5))]
    ),
}


@pytest.fixture
def root(tree):
    return tree(NAMES, (224, 224), texts=TEXTS)


def test_labels_follow_the_lists(root):
    FairFace(root=str(root)).check()
    listing = FairFace(root=str(root)).listing()
    named = {t.name: [t.classes[n] for n in listing.labels[t.name]] for t in listing.targets}
    assert named == {
        "gender": ["male"] * 4 + ["female"] * 4,
        "age": ["3-9"] * 4 + ["more than 70"] * 4,
        "ethnicity": ["East Asian"] * 4 + ["White"] * 4,
    }
    assert len(FairFace(root=str(root), part="val").listing().paths) == 4


def test_the_other_archive_is_told_by_its_size(root, tree, refused):
    tree(NAMES, (448, 448))
    assert "expected pictures of 224x224 px in fairface, got 448x448" in refused(
        FairFace(root=str(root))
    )


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t: t.replace(",", ";"), "expected the columns file, age, gender, race, got none"),
        (lambda t: t.replace("race", "group"), "got none called race"),
        (lambda t: t.replace("2.jpg,3-9,Male", "2.jpg,3-9,"), "line 3: expected file, age,"),
        (lambda t: t.replace("train/2", "train/1"), "expected each picture once, got train/1.jpg"),
    ],
)
def test_a_damaged_list_is_told(root, tree, refused, spoil, words):
    name = "fairface_label_train.csv"
    tree(texts={name: spoil(TEXTS[name])})
    assert words in refused(FairFace(root=str(root)))


def test_a_missing_list_and_a_picture_in_none_are_told(root, tree, refused):
    tree(["val/9.jpg"], (224, 224))
    assert "9.jpg is in none of fairface_label_train.csv" in refused(FairFace(root=str(root)))
    (root / "fairface_label_val.csv").unlink()
    assert "fairface expects fairface_label_val.csv" in refused(FairFace(root=str(root)))
