import numpy as np
import pytest
from PIL import Image

from bench.data.folder import Folder
from bench.runner.worker import Worker

CONTEXT = Worker().protecting()


@pytest.fixture
def people(tmp_path, picture):
    for name in ("ann", "bob"):
        for number in range(2):
            picture(tmp_path / name / f"{number}.png", 100, (60, 40))
    return tmp_path


def test_a_folder_per_person(people):
    faces, targets = Folder(root=str(people), size=16).load(CONTEXT)
    assert faces.images.shape == (4, 3, 16, 16)
    assert faces.labels["identity"].tolist() == [0, 0, 1, 1]
    assert [target.name for target in targets] == ["identity"]


def manifest(people, text):
    (people / "list.csv").write_text(text)
    return Folder(root=str(people), manifest="list.csv", size=16)


GOOD = "path,identity,smile,take\nann/0.png,ann,yes,1\nann/1.png,ann,,1\nbob/0.png,bob,no,1\n"


def test_a_manifest_gives_labels(people):
    folder = manifest(people, GOOD)
    faces, targets = folder.load(CONTEXT)
    assert [target.name for target in folder.targets] == ["identity", "smile"]
    assert [(t.name, t.classes) for t in targets][1] == ("smile", ("no", "yes"))
    assert faces.labels["smile"].tolist() == [1, -1, 0]  # an empty cell is a missing label
    assert faces.labels["take"].tolist() == [0, 0, 1]  # take 1 of bob is not take 1 of ann


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,who\na,b\n", "needs the columns path and identity, got"),
        ("path,identity\nann/9.png,ann\n", "1 missing pictures, e.g. .*9.png"),
        ("path,identity\nann/0.png\n", "expected 2 cells in line 2 of .*; fix it"),
        ("path,identity\nann/0.png,ann\nann/0.png,bob\n", "lists a picture twice"),
        ("path,identity\nann/0.png,\n", "needs an identity"),
        ("path,identity\n", "no pictures in"),
    ],
)
def test_a_bad_manifest_is_one_clear_error(people, text, message):
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        manifest(people, text).load(CONTEXT)


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="put each person's into a folder"):
        Folder(root=str(tmp_path)).files()


def test_pictures_are_turned_upright_and_cut_square(tmp_path):
    wide = np.zeros((40, 80, 3), np.uint8)
    wide[:, 20:60] = 255  # the square in the middle is white
    (tmp_path / "ann").mkdir()
    Image.fromarray(wide).save(tmp_path / "ann" / "a.png")
    faces, _ = Folder(root=str(tmp_path), size=20).load(CONTEXT)
    assert faces.images.min() > 200
