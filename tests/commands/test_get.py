import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.data import downloads


def get(*words):
    return CliRunner().invoke(app, ["data", "get", *words])


def test_what_is_fetched_lies_in_the_folder_of_all_data(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        downloads, "fetched", lambda what, folder, _: asked.append((what.file, folder))
    )
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    monkeypatch.setenv("BENCH_DATA", f"~/{tmp_path.name}")
    done = get("genki4k", "lfw")
    assert done.exit_code == 0, done.stderr
    assert asked == [
        ("genki4k.tar", tmp_path / "genki4k"),
        ("lfw.tgz", tmp_path / "lfw"),
        ("pairs.txt", tmp_path / "lfw"),
    ]
    assert f"{tmp_path}/genki4k: for public use, with credit" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ferg"], "got ferg: ask through the form of the authors' page"),
        (["genky4k"], "expected a data set, got 'genky4k'; did you mean 'genki4k'"),
        (["synthetic"], "got synthetic: it needs no download"),
        (["genki4k"], "set BENCH_DATA to the folder of all data, or write --to FOLDER"),
    ],
)
def test_what_cannot_be_fetched_is_told_in_one_line(words, message, monkeypatch):
    monkeypatch.delenv("BENCH_DATA", raising=False)
    done = get(*words)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_list_says_in_one_line_which_data_are_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    (tmp_path / "ferg").mkdir()
    (line,) = [
        line
        for line in CliRunner().invoke(app, ["list"]).stdout.splitlines()
        if line.startswith("data not found:")
    ]
    assert "celeba, ckplus, fairface, genki4k, lfw, lfw_pairs, muct" in line
    assert "ferg" not in line
    told = CliRunner().invoke(app, ["list", "celeba"]).stdout
    assert "  Access: agree to the terms" in told
