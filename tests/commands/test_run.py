import shutil

from typer.testing import CliRunner

from bench.cli import app
from bench.commands.run import _doubts
from bench.reports.files import write_tables
from bench.runner.cells import cells


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


def test_a_column_called_person_is_a_label_like_any_other(run, tmp_path):
    data = "synthetic:people=12,takes=6,pictures=4,size=32"
    assert CliRunner().invoke(app, ["data", "save", data, str(tmp_path / "p")]).exit_code == 0
    labels = (tmp_path / "p" / "labels.csv").read_text()
    (tmp_path / "p" / "labels.csv").write_text(labels.replace("gender", "person", 1))
    spec = f"folder:root={tmp_path / 'p'},manifest=labels.csv,size=32,protocol=closed"
    done = run(data=spec, private=["person"], attackers=["knn"], threats=["raw"])
    (found,) = done.select(defense="none", purpose="private", metric="top1", target="person")
    assert found.value > 0.65  # guessing: 0.5
    assert found.chance == 0.5
