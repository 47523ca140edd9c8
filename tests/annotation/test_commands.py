"""`bench annotate` from the command line."""

import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.runner.engines.local import LocalEngine

LONG = ("labeler", "question", "image", "version", "label")


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, ["annotate", *(str(word) for word in words)])


def test_a_long_table_becomes_tables_and_figures(bench, write_csv, tmp_path):
    labelled = {"raw": "yyy", "blur": "yyn"}
    rows = [
        (f"l{j}", "joy", f"i{i}", version, label)
        for version, labels in labelled.items()
        for i in range(4)
        for j, label in enumerate(labels)
    ]
    path = write_csv("labels.csv", LONG, [*rows, ("l1", "joy", "i1", "raw", "")])
    done = bench("analyse", path, "--ties", "wrong", "--level", "over")
    assert done.exit_code == 0, done.output
    assert "joy: accuracy (3 people)" in done.stdout
    assert "1 lines were not used" in done.stdout
    out = tmp_path / "runs" / "analysis"
    assert "labels.csv,26,empty: label" in (out / "bad.csv").read_text()
    assert (
        "A tied vote counts: wrong; consensus: over the level" in (out / "analysis.md").read_text()
    )
    assert (out / "joy-consensus.png").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("analyse", "none.csv"), "none.csv"),
        (("analyse", "x.csv", "--truth", "guess"), "'guess' is not one of"),
        (
            ("simulate", "nowhere"),
            "expected study.json in nowhere, found none; make one with `bench annotate export`",
        ),
        (("export", "nogrid"), "got 'nogrid'"),
        (("rehearse", "--question", "mood=sad"), "got 'mood'"),
        (("export", "--question", "mood=sad"), "got 'mood'"),
    ],
)
def test_a_user_error_is_one_line(bench, words, message):
    done = bench(*words)
    assert done.exit_code == 2
    assert message in done.output.replace("\n", " ")


def test_export_writes_a_study(bench, toys, tmp_path, monkeypatch):
    # The pool, which other commands try, needs seconds to start its processes.
    monkeypatch.setattr("bench.runner.engines.options.engine_of", lambda *_: LocalEngine())
    (tmp_path / "tiny.toml").write_text(
        'name = "tiny"\n[[tasks]]\nprivate = ["identity"]\ndata = "toy"\nattackers = ["nearest"]\n'
        'defenses = ["pixelate:block=0.5"]'
    )
    words = ("--question", "mood", "--choose", "random", "--pictures", 4, "--device", "cpu")
    place = ("--store", tmp_path / "store", "--plugin", toys.__file__, "--workers", 1)
    done = bench("export", "tiny.toml", *words, *place)
    assert done.exit_code == 0, done.output
    assert "4 pictures in 1 versions: pixelate:block=0.5" in done.stdout
    assert len(list((tmp_path / "runs/study/send/pictures").iterdir())) == 4
