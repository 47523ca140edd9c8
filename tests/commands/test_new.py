"""`bench new`: what it writes keeps the contract, and is found once it is installed."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench import registry
from bench.cli import app
from bench.commands.new import package
from bench.contract import checks
from bench.registry import load_file, plugins
from bench.spec import Spec

EXAMPLE = Path(__file__).parents[1] / "example_package"
KINDS = [
    ("defense", False, False),
    ("defense", False, True),
    pytest.param("defense", True, False, marks=pytest.mark.slow),
    pytest.param("defense", True, True, marks=pytest.mark.slow),
    ("attacker", False, False),
    ("dataset", False, False),
]


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Runs a command in an empty folder; the plugins that it registers are forgotten."""
    plugins("defense")
    known = {kind: dict(found) for kind, found in registry._classes.items()}
    monkeypatch.setattr(registry, "_classes", known)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize(("kind", "learned", "latent"), KINDS)
def test_what_it_writes_keeps_the_contract(bench, kind, learned, latent):
    options = ["--learned"] * learned + ["--latent"] * latent
    assert bench("new", kind, "fresh", *options).exit_code == 0
    load_file(Path("fresh", "fresh.py"))
    steps = ":steps=2" if learned else ""
    found = list(checks(Spec.parse(f"fresh{steps}")))
    assert [check for check in found if check.problem] == []
    assert any("codes" in check.rule for check in found) == latent
    assert 20 <= len(Path("fresh", "fresh.py").read_text().splitlines()) <= 115


def test_it_says_how_to_check_install_and_run(bench):
    lines = bench("new", "attacker", "fresh").stdout.splitlines()
    assert [line.partition("  #")[0].rstrip() for line in lines] == [
        "bench check fresh --plugin fresh/fresh.py",
        "python -m pip install ./fresh",
        "bench run --attacker fresh",
    ]
    assert bench("check", "fresh", "--plugin", "fresh/fresh.py").exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["defense", "blur"], "got that of the defense blur"),
        (["attacker", "blur"], "got that of the defense blur"),
        (["defense", "json"], "got that of the module json"),
        (["defense", "numpy"], "got that of the module numpy"),
        (["defense", "faces"], "got that of bench.Faces"),
        (["defense", "class"], "expected a name of small letters"),
        (["defense", "../up"], "expected a name of small letters"),
        (["defense", "taken"], "expected a new folder"),
        (["attacker", "fresh", "--latent"], "for a defense, got attacker"),
    ],
)
def test_a_name_that_cannot_be_is_told_and_nothing_written(bench, tmp_path, words, message):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    done = bench("new", *words)
    assert done.exit_code == 2
    assert message in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["taken", "mine.txt"]


def test_the_example_package_is_what_it_writes():
    expected = package("defense", "low_pass", learned=False, latent=False)
    written = {path.name: path.read_text() for path in EXAMPLE.iterdir() if path.is_file()}
    assert written == expected


@pytest.mark.skipif(
    find_spec("low_pass") is None, reason="the example package is not installed (`tox` installs it)"
)
def test_the_installed_example_package_is_found():
    assert plugins("defense")["low_pass"].__module__ == "low_pass"
    assert "low_pass" not in registry.broken()


@pytest.mark.slow
def test_an_installed_package_is_found_by_its_entry_point(bench, tmp_path):
    """As installers leave it: the module, and its metadata beside it."""
    bench("new", "defense", "fresh")
    facts = tmp_path / "fresh" / "fresh-0.1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: fresh\nVersion: 0.1.0\n")
    (facts / "entry_points.txt").write_text("[bench.plugins]\nfresh = fresh\n")
    code = f"import sys; sys.path.append({str(tmp_path / 'fresh')!r}); sys.argv = ['bench', 'list']"
    code += "\nfrom bench.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("  fresh "))
    assert "(from fresh)" in line
    assert "broken" not in done.stdout


@pytest.mark.slow
def test_the_test_that_it_writes_passes(bench, tmp_path):
    bench("new", "dataset", "fresh")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path / "fresh"]
    done = subprocess.run(command, cwd=tmp_path / "fresh", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
