from dataclasses import replace

import numpy as np
import pytest

from bench.api import Dataset
from bench.commands.data import save_data
from bench.registry import make
from bench.runner.worker import Worker
from bench.spec import Spec


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


@pytest.mark.parametrize("name", ["../../escaped", "/escaped", "..", ""])
def test_a_name_never_becomes_a_path_outside_of_the_folder(tmp_path, monkeypatch, name):
    toy = make(Dataset, Spec("toy"))
    names = (name, *(f"person {i}" for i in range(1, 6)))
    loaded = toy.load(Worker().protecting())
    targets = (replace(loaded.targets[0], classes=names), *loaded.targets[1:])
    monkeypatch.setattr(type(toy), "load", lambda *_: loaded._replace(targets=targets))
    with pytest.raises(ValueError, match="names that a folder can have"):
        save_data(toy, None, tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []
