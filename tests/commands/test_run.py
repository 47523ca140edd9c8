from typer.testing import CliRunner

from bench.cli import app


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
