import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from bench.cli import app
from bench.commands.pairs import in_percent
from bench.metrics.ten_folds import FoldAccuracy


@pytest.fixture
def pairs(tmp_path, monkeypatch):
    """Two folds of a mated and a non-mated pair; people differ in brightness."""
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    for who, level in (("Al", 60), ("Bo", 180)):
        for number in (1, 2):
            path = tmp_path / "lfw/lfw" / who / f"{who}_{number:04}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (250, 250), (level + number,) * 3).save(path)
    lines = ["2\t1", "Al\t1\t2", "Al\t1\tBo\t1", "Bo\t1\t2", "Al\t2\tBo\t2"]
    (tmp_path / "lfw/pairs.txt").write_text("\n".join(lines))
    return lambda *words: CliRunner().invoke(app, ["data", "pairs", *words])


def test_raw_and_protected_pictures_are_matched(pairs):
    done = pairs("brightness", "--data", "lfw_pairs:size=16", "--defense", "constant")
    assert done.exit_code == 0, done.output
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()[-3:]]
    assert rows[0] == ["raw", "raw", "100.00 ± 0.00", "100.00 to 100.00"]
    assert rows[1][:2] == ["protected", "raw"]
    assert rows[2] == ["protected", "protected", "50.00 ± 0.00", "50.00 to 50.00"]
    assert "a guess is right in 50 %" in done.stdout


def test_the_interval_is_of_student_by_the_folds():
    """The deviation of 0.7, 0.8 and 0.9 is 0.1; 4.3027 is the quantile for two degrees."""
    found = FoldAccuracy(np.array([0.7, 0.8, 0.9]), 0.8, 0.1 / np.sqrt(3))
    assert in_percent(found) == ("80.00 ± 5.77", "55.16 to 100.00")


def test_other_data_and_matchers_that_learn_are_refused(pairs):
    assert "expected --data lfw_pairs, got toy" in pairs("brightness", "--data", "toy").stderr
    assert "expected a frozen matcher, got matcher" in pairs("matcher").stderr
