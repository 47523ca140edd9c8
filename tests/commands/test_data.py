from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bench.api import Collection, Dataset
from bench.commands.data import save_data
from bench.data.csv_files import read_lines
from bench.data.folder import Folder
from bench.data.openface import POSE, UNITS
from bench.faces import Target
from bench.registry import make
from bench.runner.worker import Worker
from bench.spec import Spec
from bench.tables import write_rows


def test_a_saved_data_set_is_read_back_with_its_labels(tmp_path):
    save_data(make(Dataset, Spec("toy")), None, tmp_path / "saved")
    again = f"folder:root={tmp_path}/saved,manifest=labels.csv,size=16"
    first, second = (
        make(Dataset, Spec.parse(spec)).load(Worker().protecting()) for spec in ("toy", again)
    )
    np.testing.assert_array_equal(first.faces.images, second.faces.images)
    assert {target.name for target in second.targets} == {"identity", "colour", "secret"}
    for name in ("identity", "colour", "secret"):
        np.testing.assert_array_equal(first.faces.labels[name], second.faces.labels[name])
    assert len(np.unique(second.faces.labels["take"])) == len(np.unique(first.faces.labels["take"]))


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="expected a new folder"):
        save_data(make(Dataset, Spec("toy")), None, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_probe_is_what_a_run_asks_about(tmp_path, run):
    save_data(make(Dataset, Spec("toy")), "probe", tmp_path / "saved")
    again = Spec.parse(f"folder:root={tmp_path}/saved,manifest=labels.csv,size=16")
    saved = make(Dataset, again).load(Worker().protecting()).faces
    np.testing.assert_array_equal(saved.images, run(threats=["raw"]).faces("probe").images)
    with pytest.raises(ValueError, match="expected a role of"):
        save_data(make(Dataset, Spec("toy")), "jury", tmp_path / "other")


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1)
EVIL = st.sampled_from(["../../x", "/x", "..", ".", "C:\\x", "a/b", "=cmd()", "-", "~", " ", "\n"])


def called(toy, names, numbers=()):
    """The toy data with other names of people, and numbers for other labels."""
    loaded = toy.load(Worker().protecting())
    others = tuple(Target(name, "continuous") for name in numbers)
    faces = replace(loaded.faces, labels={**loaded.faces.labels, **dict(numbers)})
    return Collection(faces, (replace(loaded.targets[0], classes=tuple(names)), *others))


@settings(deadline=None, max_examples=30)
@given(st.lists(NAMES | EVIL, min_size=6, max_size=6, unique=True))
def test_whatever_people_are_called_their_pictures_are_in_the_folder(tmp_path_factory, names):
    folder, toy = tmp_path_factory.mktemp("names"), make(Dataset, Spec.parse("toy:takes=1"))
    (folder / "mine.txt").write_text("mine")
    with pytest.MonkeyPatch.context() as patch:
        loaded = called(toy, names)
        patch.setattr(type(toy), "load", lambda *_: loaded)
        save_data(toy, None, folder / "saved")
    assert sorted(path.name for path in folder.iterdir()) == ["mine.txt", "saved"]
    columns, lines = read_lines(folder / "saved" / "labels.csv")
    assert columns == ["path", "identity", "take"]
    assert {line.cells["identity"] for line in lines} == {name.strip() for name in names}
    written = {path.relative_to(folder / "saved") for path in folder.rglob("*.png")}
    assert written == {Path(line.cells["path"]) for line in lines}
    assert all(len(path.parts) == 2 for path in written)
    assert len({path.parent for path in written}) == 6


def test_a_picture_of_nobody_is_refused(tmp_path, monkeypatch):
    toy = make(Dataset, Spec("toy"))
    loaded = called(toy, ["", *"abcde"])
    monkeypatch.setattr(type(toy), "load", lambda *_: loaded)
    with pytest.raises(ValueError, match="identity of each picture, got 32 without one"):
        save_data(toy, None, tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []


def test_numbers_are_kept_to_the_last_bit_and_others_are_named(tmp_path, monkeypatch, capsys):
    toy, n = make(Dataset, Spec("toy")), 6 * 8 * 4
    numbers = np.random.default_rng(0).random(n).astype(np.float32)
    numbers[3:6] = np.nan, 1e-9, 1 / 3
    loaded = called(toy, "abcdef", {"yaw": numbers, "weight": numbers})
    monkeypatch.setattr(type(toy), "load", lambda *_: loaded)
    save_data(toy, None, tmp_path / "saved")
    assert "left out: weight" in capsys.readouterr().out
    again = make(Dataset, Spec.parse(f"folder:root={tmp_path}/saved,manifest=labels.csv,size=16"))
    faces, targets, _ = again.load(Worker().protecting())
    assert [(target.name, target.kind) for target in targets][1:] == [("yaw", "continuous")]
    np.testing.assert_array_equal(faces.labels["yaw"], numbers)


def test_data_with_openface_are_saved_and_read_back_with_equal_labels(tmp_path):
    rows = []
    for name in ("ann/0", "ann/1", "bob/0", "bob/1"):
        path, i = tmp_path / "photos" / f"{name}.png", len(rows)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((16, 16), 40 * i, np.uint8)).save(path)
        rows.append((f"{name}.png", 0.9, 0.01 * i, 0.02, 0.03, *[i + 0.1] * 6))
    columns = ("path", "confidence", *POSE.values(), *UNITS.values())
    write_rows(tmp_path / "faces.csv", columns, rows)
    first = Folder(root=str(tmp_path / "photos"), size=16, openface="../faces.csv")
    save_data(first, None, tmp_path / "saved")
    second = Folder(root=str(tmp_path / "saved"), size=16, manifest="labels.csv")
    one, two = (folder.load(Worker().protecting()) for folder in (first, second))
    assert set(two.targets) == set(one.targets)
    for name, label in one.faces.labels.items():
        np.testing.assert_array_equal(two.faces.labels[name], label)
    np.testing.assert_array_equal(two.faces.images, one.faces.images)
