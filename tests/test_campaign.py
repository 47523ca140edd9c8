import shutil

import pytest
from typer.testing import CliRunner

from bench.campaign import _doubts, run_grid
from bench.cli import app
from bench.reports.boards import read_records
from bench.reports.files import write_tables
from bench.runner.cells import cells
from bench.runner.engines.local import LocalEngine


@pytest.fixture
def ran(grid, store):
    """Runs a grid of one task in this process."""

    def run(folder=None, **task):
        start = lambda stages, goals, planned: LocalEngine().run(stages, store)  # noqa: E731
        return run_grid(grid(**task), store, start, folder)

    return run


@pytest.mark.slow
def test_a_folder_holds_what_the_value_holds(ran, tmp_path):
    done = ran(tmp_path / "out")
    written = read_records(tmp_path / "out" / "records.csv")
    assert [(r.defense, r.metric, r.reason) for r in written] == [
        (r.defense, r.metric, r.reason) for r in done.records
    ]
    assert {"table.md", "costs.csv", "judges.md"} <= {p.name for p in (tmp_path / "out").iterdir()}
    assert done.n_failed == 0


@pytest.mark.slow
def test_failed_cells_are_counted_with_their_reasons(ran):
    done = ran(defenses=["broken_defense"])
    assert done.n_failed >= len(done.failures) > 0
    assert all("broken_defense" in reason for reason in done.failures)


@pytest.mark.parametrize(
    "task",
    [
        {"threats": ["latent"], "attackers": ["cnn"]},
        {"private": ["colour"], "attackers": ["matcher"]},
    ],
)
def test_nothing_is_written_if_nobody_attacks(ran, tmp_path, task):
    with pytest.raises(ValueError, match="expected an attack that applies"):
        ran(tmp_path / "out", **task)
    assert not (tmp_path / "out").exists()


def test_equal_pictures_in_two_roles_are_doubtful_and_told(grid, store, tmp_path):
    data = "synthetic:people=8,takes=1,pictures=3,size=32,protocol=open"
    saved = CliRunner().invoke(app, ["data", "save", data, str(tmp_path / "p")])
    assert saved.exit_code == 0, saved.stderr
    people = sorted(path for path in (tmp_path / "p").iterdir() if path.is_dir())
    shutil.copy(next(people[0].iterdir()), people[1] / "copy.png")
    spec = f"folder:root={tmp_path / 'p'},size=32,protocol=open"
    asked = list(cells(grid(data=spec, attackers=["matcher"], threats=["raw"])))
    (doubt,) = _doubts(asked, store)
    assert "equal pictures (1)" in doubt
    assert str(tmp_path) not in doubt  # paths may name people
    write_tables([], tmp_path, [doubt])
    assert f"**Doubtful data:** {doubt}." in (tmp_path / "table.md").read_text()


def test_synthetic_people_are_not_doubted(grid, store):
    asked = list(cells(grid(data="synthetic:people=8", attackers=["memory"])))
    assert list(_doubts(asked, store)) == []
