"""Weights that lie beside the bundled grids, in leaderboards/ of a checkout."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.api import SAMPLES, Dataset, Defense
from bench.cli import app
from bench.registry import make
from bench.runner import weights_file
from bench.runner.cells import cells
from bench.runner.grid import read
from bench.runner.plan import plan
from bench.runner.weights_file import check_protects, weights_for

LEADERBOARDS = Path(__file__).parents[2] / "leaderboards"


def bundled():
    """The defenses of `faces` that take weights."""
    specs = read("faces").tasks[0].defenses
    return [make(Defense, spec) for spec in specs if "weights" in dict(spec.fields)]


def test_they_are_small_and_were_fitted_to_the_data_of_their_grid(monkeypatch):
    monkeypatch.chdir(LEADERBOARDS)
    data = make(Dataset, read("faces").tasks[0].sources.defender)
    assert [defense.name for defense in bundled()] == ["pprl_vgan", "began_cs"]
    for defense in bundled():
        shared = weights_for(defense)
        assert Path(defense.weights).stat().st_size < 20e6
        assert make(Dataset, shared.recipe.data_spec) == data
        assert SAMPLES not in shared.weights
        check_protects(shared)


def test_a_name_without_a_folder_may_be_that_of_bundled_weights(monkeypatch, tmp_path):
    """From a folder without them; a name that neither has says where they are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(weights_file, "files", lambda package: LEADERBOARDS)
    assert weights_for(bundled()[0]).recipe.spec.name == "pprl_vgan"
    monkeypatch.setattr(weights_file, "files", lambda package: tmp_path)
    with pytest.raises(FileNotFoundError, match="of a checkout, not in the package"):
        weights_for(bundled()[0])


def test_they_are_named_by_their_preset_and_cost_no_training(monkeypatch, tmp_path):
    monkeypatch.chdir(LEADERBOARDS)
    printed = CliRunner().invoke(app, ["weights", "import", "faces_began_cs.safetensors"]).output
    assert 'defenses = ["began_cs@faces:weights=faces_began_cs.safetensors"]' in printed
    stages = plan(cells(read("faces")), tmp_path).stages
    fits = {s.spec.name: s.seconds for s in stages if s.action == "fit"}
    assert (fits["pprl_vgan"], fits["began_cs"]) == (0, 0)
    assert fits["card"] > 0
