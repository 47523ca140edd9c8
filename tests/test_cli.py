import pytest
from typer.testing import CliRunner

from bench.cli import app

GRID = """
name = "tiny"
[[tasks]]
private = ["identity"]
data = "toy"
attackers = ["nearest"]
"""


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.toml").write_text(GRID)

    def call(*words):
        return CliRunner().invoke(app, [str(word) for word in words])

    return call


def test_list_names_plugins_with_fields_and_sources(bench):
    text = bench("list").stdout
    for line in ("defense blur", "sigma=0.06:", "Turk and Pentland", "attacker cnn", "grids:"):
        assert line in text
    assert "defense none (control: in every task)" in text


def test_list_tells_a_broken_plugin_with_its_reason(bench, monkeypatch):
    monkeypatch.setattr("bench.registry._broken", {"melted": "ImportError: no module wax"})
    assert "broken: melted: ImportError: no module wax" in bench("list").stdout


def test_plan_says_what_would_run_and_runs_nothing(bench, tmp_path):
    done = bench("plan", "tiny.toml", "--store", tmp_path / "store")
    assert done.exit_code == 0
    assert "attack" in done.stdout
    assert not list((tmp_path / "store").glob("*/stage.json"))


@pytest.mark.slow
def test_plan_knows_the_time_of_what_has_run_before(bench, tmp_path, toys):
    options = ("--store", tmp_path / "store", "--plugin", toys.__file__)
    assert bench("run", "tiny.toml", *options, "--device", "cpu").exit_code == 0
    text = bench("plan", "tiny.toml", "--store", tmp_path / "store", "--seeds", "1").stdout
    assert "unknown" not in text


def test_check_exits_with_1_on_a_breach(bench):
    assert bench("check", "pixelate").exit_code == 0
    broken = bench("check", "broken_defense")
    assert broken.exit_code == 1
    assert "FAIL it releases one whole picture per image id" in broken.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["run", "nogrid"], "expected a TOML file or a grid of ['"),
        (["run", "tiny.toml", "--defense", "blurr"], "did you mean 'blur'?"),
        (
            ["run", "tiny.toml", "--defense", "blur:radius=3"],
            "expected fields of defense blur (['sigma'])",
        ),
        (["run", "tiny.toml", "--defense", "blur:sigma=wide"], "could not convert"),
        (["run", "tiny.toml", "--attacker", "cnn@big"], "expected a preset of cnn ([])"),
        (["run", "tiny.toml", "--threat", "psychic"], "got 'psychic'"),
        (["run", "tiny.toml", "--threat", "aware:draws=0"], "expected draws of 1 or more"),
        (["run", "tiny.toml", "--seeds", "a"], "expected --seeds of numbers"),
        (["run", "tiny.toml", "--data", "lfw:root=/nowhere,protocol=closed"], "point BENCH_DATA"),
        (
            ["run", "tiny.toml", "--data", "toy:protocol=open"],
            "expected a cell that applies, got 4 that do not",
        ),
        (["run", "tiny.toml", "--device", "abacus"], "use auto or cpu"),
        (["run", "tiny.toml", "--plugin", "none.py"], "expected a Python file"),
        (["run", "tiny.toml", "--data", "synthetic:size=8"], "size must be 32 to 224 px"),
    ],
)
def test_a_mistake_is_one_clear_line(bench, words, told):
    done = bench(*words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = 3", "name: Input should be a valid string"),
        (GRID + 'colour = "red"', "tasks.0.colour: Extra inputs are not permitted"),
        (GRID + 'utility = ["identity"]', "as private and utility"),
        (GRID.replace('["identity"]', '["age"]'), "got ['age']"),
        ("name =", "is not valid TOML"),
    ],
)
def test_a_bad_grid_is_told_field_by_field(bench, tmp_path, text, told):
    (tmp_path / "bad.toml").write_text(text)
    done = bench("run", "bad.toml")
    assert done.exit_code == 2
    assert told in done.stderr


def test_a_plugin_file_that_does_not_import_is_told(bench, tmp_path):
    (tmp_path / "melted.py").write_text("import wax_museum")
    done = bench("check", "x", "--plugin", "melted.py")
    assert done.exit_code == 2
    assert "No module named 'wax_museum'" in done.stderr
