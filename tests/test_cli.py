import subprocess
import sys

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
    assert "region=eyes: hidden region; in {'eyes', 'mouth', 'face'} (used only" in text
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
        (
            ["run", "tiny.toml", "--defense", "blur:sigma=wide"],
            "expected sigma to be of type float",
        ),
        (["run", "tiny.toml", "--attacker", "cnn@big"], "expected a preset of cnn ([])"),
        (["run", "tiny.toml", "--threat", "psychic"], "got 'psychic'"),
        (["run", "tiny.toml", "--threat", "aware:draws=0"], "expected draws in [1, 1000], got 0"),
        (["run", "tiny.toml", "--threat", "aware:draws=1000000"], "expected draws in [1, 1000]"),
        (["run", "tiny.toml", "--seeds", "a"], "expected --seeds of numbers"),
        (["plan", "tiny.toml", "--seeds", "0,0"], "expected different seeds"),
        (["plan", "tiny.toml", "--seeds", "-1"], "greater than or equal to 0, got -1"),
        (["plan", "tiny.toml", "--seeds", "9" * 20], "less than 2147483648"),
        (["plan", "."], "expected a TOML file or a grid of ['"),
        (["plan", "tiny.toml", "--defense", "blur:sigma=nan"], "in (0, 10], got nan"),
        (["plan", "tiny.toml", "--defense", "san:steps=-1"], "in [1, 1e6], got -1"),
        (["plan", "tiny.toml", "--attacker", f"mlp:steps={10**18}"], f"1e6], got {10**18}"),
        (["plan", "tiny.toml", "--data", f"synthetic:pictures={10**12}"], "pictures <= 10000000"),
        (["run", "tiny.toml", "--data", "lfw:root=/nowhere,protocol=closed"], "point BENCH_DATA"),
        (
            ["run", "tiny.toml", "--data", "toy:protocol=open"],
            "expected a cell that applies, got 4 that do not",
        ),
        (["run", "tiny.toml", "--device", "abacus"], "use auto or cpu"),
        (["run", "tiny.toml", "--plugin", "none.py"], "expected a Python file"),
        (["run", "tiny.toml", "--data", "synthetic:size=8"], "expected size in [32, 224], got 8"),
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
        (GRID.replace("tiny", ".."), "name: String should match pattern"),
        (GRID.replace("tiny", "a/../b"), "name: String should match pattern"),
        (GRID + r'name = "\u001b]0;\u0007"', "tasks.0.name: String should match pattern"),
        ("seeds = [true]" + GRID, "seeds.0: Input should be a valid integer, got True"),
        ("seeds = [-1]" + GRID, "seeds.0: Input should be greater than or equal to 0, got -1"),
        ("seeds = [0, 0]" + GRID, "expected different seeds, one or more, got [0, 0]"),
        ("seeds = []" + GRID, "expected different seeds, one or more, got []"),
        ("x = " + "[" * 5000 + "]" * 5000, "nested too deep"),
        ("#" * 1_000_001, "expected a grid of at most 1000000 bytes"),
        (b"name = '\xe9'", "expected UTF-8 in grid 'bad.toml'"),
    ],
)
def test_a_bad_grid_is_told_field_by_field(bench, tmp_path, text, told):
    (tmp_path / "bad.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    done = bench("plan", "bad.toml")
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_plugin_file_that_does_not_import_is_told(bench, tmp_path):
    (tmp_path / "melted.py").write_text("import wax_museum")
    done = bench("check", "x", "--plugin", "melted.py")
    assert done.exit_code == 2
    assert "No module named 'wax_museum'" in done.stderr


def test_an_exit_in_a_plugin_breaks_its_contract(bench, monkeypatch):
    def leave(*_):
        sys.exit(0)

    monkeypatch.setattr("bench.contract.checked", leave)
    done = bench("check", "pixelate")
    assert done.exit_code == 1
    assert "FAIL it releases one whole picture per image id: SystemExit: 0" in done.stdout


def test_a_thread_of_a_plugin_does_not_keep_the_command_alive(tmp_path):
    plugin = tmp_path / "sleeper.py"
    plugin.write_text("import threading\nthreading.Thread(target=threading.Event().wait).start()")
    command = "import sys; sys.argv[0] = 'bench'; from bench.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", command, "plan", "quick", "--store", tmp_path, "--plugin", plugin],
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert b"cells" in done.stdout


GONE = """
from dataclasses import dataclass
from bench.api import Dataset, field
from bench.faces import Target
from bench.registry import register

@register("gone")
@dataclass(frozen=True)
class Gone(Dataset):
    \"""Source: ours.\"""
    protocol: str = field("closed", about="protocol")
    seed: int = field(0, about="seed")
    shareable, n_pictures = True, 64
    targets = (Target("identity", "categorical", ("a", "b")),)

    def load(self, context):
        raise OSError("the disk is gone")
"""


@pytest.mark.slow
def test_a_data_set_that_does_not_load_is_a_table_of_failures(bench, tmp_path):
    (tmp_path / "gone.py").write_text(GONE)
    options = ("--plugin", "gone.py", "--data", "gone", "--store", "store", "--out", "out")
    done = bench("run", "tiny.toml", *options, "--device", "cpu", "--workers", "1")
    assert done.exit_code == 1, done.stderr
    assert "failed: load gone: OSError: the disk is gone" in done.stdout
    assert "| none | failed |" in (tmp_path / "out" / "table.md").read_text()
