import json
import subprocess
import sys
import tomllib
from importlib.metadata import version

import pandas as pd
import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.reports.records import Record

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


def test_list_has_a_line_for_each_plugin(bench):
    lines = bench("list").stdout.splitlines()
    (blur,) = (line for line in lines if line.startswith("  blur "))
    assert blur.split(maxsplit=1)[1] == "Blurs the whole picture with a Gaussian."
    assert sum(line.startswith("  none ") and "(control: in every" in line for line in lines) == 1
    assert any(line.startswith("grids: ") and "quick" in line for line in lines)
    (toy,) = (line for line in lines if line.startswith("  toy "))
    assert "(from " in toy
    assert "plugins/basic.py)" in toy  # not ours


def test_list_of_a_name_or_kind_has_fields_and_sources(bench):
    text = bench("list", "mask").stdout
    assert text.startswith("defense mask\n")
    assert "region=eyes: hidden region; in {'eyes', 'mouth', 'face'} (used only" in text
    assert "Newton, Sweeney, Malin" in text
    heads = [line for line in bench("list", "operations").stdout.splitlines() if line[0] != " "]
    assert {line.split()[0] for line in heads} == {"operation"}
    assert len(heads) > 3


def test_a_bundled_grid_is_printed_as_it_is(bench, tmp_path):
    text = bench("grid", "quick").stdout
    (tmp_path / "mine.toml").write_text(text)
    assert tomllib.loads(text)["name"] == "quick"
    assert bench("plan", "mine.toml").exit_code == 0


def test_version_and_python_m(bench):
    assert bench("--version").stdout == f"bench {version('unmask-bench')}\n"
    words = [sys.executable, "-m", "bench", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == f"bench {version('unmask-bench')}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--help"], "protect"),
        (["list"], "Blurs"),
        (["--show-completion", "bash"], "complete -o default"),
    ],
)
def test_help_listing_and_completion_do_not_import_torch(words, told):
    run = "import sys; from bench.cli import app; app(sys.argv[1:], standalone_mode=False)"
    code = f"{run}; assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert told in done.stdout


def test_a_closed_pipe_ends_a_listing_without_a_word():
    listing = subprocess.Popen(
        [sys.executable, "-m", "bench", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    listing.stdout.close()
    assert listing.communicate()[1] == b""
    assert listing.returncode == 1


def test_only_keeps_the_named_defenses_and_the_tasks_that_have_them(bench):
    text = bench("plan", "quick", "--only", "blur").stdout
    assert "san has no code" not in text
    assert "blur has no code" in text
    assert "pixelate has no code" not in text  # of the other task


def test_list_tells_a_broken_plugin_with_its_reason(bench, monkeypatch):
    monkeypatch.setattr("bench.registry._broken", {"melted": "ImportError: no module wax"})
    assert "broken: melted: ImportError: no module wax" in bench("list").stdout


def test_plan_says_what_would_run_and_runs_nothing(bench, tmp_path):
    done = bench("plan", "tiny.toml", "--store", tmp_path / "store")
    assert done.exit_code == 0
    assert "attack" in done.stdout
    assert "workers\n" in done.stdout
    lanes = bench("plan", "tiny.toml", "--store", tmp_path / "store", "--device", "meta")
    assert "workers, and 1 on meta" in lanes.stdout
    assert not list((tmp_path / "store").glob("*/stage.json"))


@pytest.mark.slow
def test_plan_knows_the_time_of_what_has_run_before(bench, tmp_path, toys):
    options = ("--store", tmp_path / "store", "--plugin", toys.__file__)
    assert bench("run", "tiny.toml", *options, "--device", "cpu").exit_code == 0
    text = bench("plan", "tiny.toml", "--store", tmp_path / "store", "--seeds", "1").stdout
    assert "unknown" not in text


@pytest.mark.slow
def test_a_run_can_be_quiet_or_print_records(bench, toys):
    options = ("--store", "store", "--device", "cpu", "--workers", "1", "--plugin", toys.__file__)
    loud = bench("run", "tiny.toml", *options)
    assert loud.exit_code == 0, loud.stderr
    assert "HIDE IDENTITY\n- none, picture: leaks" in loud.stdout
    quiet = bench("run", "tiny.toml", *options, "--quiet")
    (line,) = quiet.stdout.splitlines()
    assert line.endswith("data (records.csv): runs/tiny/")
    told = bench("run", "tiny.toml", *options, "--json")
    found = [json.loads(line) for line in told.stdout.splitlines()]
    frame = pd.read_csv("runs/tiny/records.csv")
    assert sum(each["value"] is not None for each in found) == len(frame)
    assert found[0].keys() == set(Record._fields)
    assert set(frame["status"]) == {"ok"}  # a word that pandas does not take for NaN
    assert "HIDE IDENTITY" in told.stderr


def test_check_exits_with_1_on_a_breach(bench):
    assert bench("check", "pixelate").exit_code == 0
    broken = bench("check", "broken_defense")
    assert broken.exit_code == 1
    assert "FAIL it releases one whole picture per image id" in broken.stdout
    assert max(map(len, broken.stdout.splitlines())) < 400


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["run", "nogrid"],
            "expected a TOML file or a grid, got 'nogrid'; there are annotation_table1, ",
        ),
        (["run", "tiny.toml", "--defense", "blurr"], "did you mean 'blur'?"),
        (
            ["run", "tiny.toml", "--defense", "blur:radius=3"],
            "expected a field of defense blur, got 'radius'; there are sigma",
        ),
        (
            ["run", "tiny.toml", "--defense", "blur:sigma=wide"],
            "expected sigma to be of type float",
        ),
        (
            ["run", "tiny.toml", "--attacker", "cnn@big"],
            "expected a preset of cnn, got 'big'; there are none",
        ),
        (["run", "tiny.toml", "--threat", "awar"], "did you mean 'aware'?"),
        (["run", "tiny.toml", "--threat", "aware:draw=2"], "did you mean 'draws'?"),
        (["plan", "tiny.toml", "--defense", "san@quik"], "did you mean 'quick'?"),
        (["plan", "tiny.toml", "--attacker", "blur"], "got 'blur', which is a defense; there are"),
        (["plan", "tiny.toml", "--data", "syntetic"], "did you mean 'synthetic'?"),
        (["plan", "quik"], "did you mean 'quick'?"),
        (["plan", "quick", "--only", "blurr"], "did you mean 'blur'?"),
        (["grid", "quik"], "did you mean 'quick'?"),
        (["list", "defence"], "did you mean 'defense'?"),
        (
            ["run", "tiny.toml", "--device", "gpu"],
            "expected a device, got 'gpu'; use auto or cpu\n",
        ),
        (["run", "tiny.toml", "--out", "/proc/no"], "got /proc/no: No such file or directory"),
        (["run", "tiny.toml", "--threat", "aware:draws=0"], "expected draws in [1, 1000], got 0"),
        (["run", "tiny.toml", "--threat", "aware:draws=1000000"], "expected draws in [1, 1000]"),
        (["run", "tiny.toml", "--seeds", "a"], "expected --seeds of numbers"),
        (["plan", "tiny.toml", "--seeds", "0,0"], "expected different seeds"),
        (["plan", "tiny.toml", "--seeds", "-1"], "greater than or equal to 0, got -1"),
        (["plan", "tiny.toml", "--seeds", "9" * 20], "less than 2147483648"),
        (["plan", "."], "expected a TOML file or a grid, got '.'"),
        (["plan", "tiny.toml", "--defense", "blur:sigma=nan"], "in (0, 10], got nan"),
        (["plan", "tiny.toml", "--defense", "san:steps=-1"], "in [1, 1e6], got -1"),
        (["plan", "tiny.toml", "--attacker", f"mlp:steps={10**18}"], f"1e6], got {10**18}"),
        (["plan", "tiny.toml", "--data", f"synthetic:pictures={10**12}"], "pictures <= 10000000"),
        (
            ["run", "tiny.toml", "--data", "lfw:root=/nowhere,protocol=closed"],
            "the folder /nowhere does not exist",
        ),
        (
            ["run", "tiny.toml", "--data", "toy:protocol=open"],
            "expected an attack that applies, got 4 that do not",
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
        (GRID.replace('["identity"]', '["colr"]'), "did you mean 'colour'?"),
        ("x = " + "[" * 5000 + "]" * 5000, "nested too deep"),
        ("#" * 1_000_001, "expected a grid of at most 1000000 bytes"),
        (b"name = '\xe9'", "expected UTF-8 in grid 'bad.toml'"),
        (GRID.replace('private = ["identity"]', 'private = "identity"'), "line 4: expected a line"),
    ],
)
def test_a_bad_grid_is_one_clear_line(bench, tmp_path, text, told):
    (tmp_path / "bad.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    done = bench("plan", "bad.toml")
    assert done.exit_code == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_byte_order_mark_is_accepted(bench, tmp_path):
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbf" + GRID.encode())
    assert bench("plan", "bom.toml").exit_code == 0


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
