"""The code of docs/tutorials, run in an empty folder, on few pictures and by quick attackers."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench import registry
from bench.cli import app
from bench.registry import plugins
from bench.reports import panels, sheet

TUTORIALS = sorted((Path(__file__).parent.parent / "docs" / "tutorials").glob("*.md"))
BLOCK = re.compile(r"```(python|toml|sh)\n(.*?)```", re.DOTALL)
SMALL = [*("--workers", "1"), *("--device", "cpu"), *("--store", "store")]
PEOPLE, FEWER = r"people=\d+,takes=\d+", "people=6,takes=4"
# A picture of one pixel, in base64.
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
JUDGED = 'utility = ["expression"]\n'  # judges double the time


@pytest.mark.slow
@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_its_code_runs(path, tmp_path, monkeypatch):
    plugins("defense")
    known = {kind: dict(found) for kind, found in registry._classes.items()}
    monkeypatch.setattr(registry, "_classes", known)
    monkeypatch.chdir(tmp_path)
    for module in (panels, sheet):  # drawing takes longer than all else
        monkeypatch.setattr(module, "files_of", lambda *_: [("png", DOT)])
    for language, text in BLOCK.findall(
        re.sub(PEOPLE, FEWER, path.read_text().replace(JUDGED, ""))
    ):
        if language == "sh":
            for line in text.splitlines():
                call(shlex.split(line, comments=True))
        elif named := re.match(r"# (\S+)\n", text):
            target = Path(named[1])
            target.parent.mkdir(exist_ok=True)
            target.write_text(text)
        else:  # an excerpt of what `bench new` wrote
            written = {line for file in Path().glob("*/*.py") for line in lines(file.read_text())}
            assert lines(text) <= written


def lines(text):
    return {line.strip() for line in text.splitlines()}


def call(words):
    """Runs a line: commands of ours in this process, Python files in their own."""
    if words[:1] == ["bench"]:
        if words[1] == "run":
            words = [*words, *SMALL, *([] if "--attacker" in words else ["--attacker", "nearest"])]
        done = CliRunner().invoke(app, words[1:])
        assert done.exit_code == 0, (words, done.output, done.exception)
    elif words[:1] == ["python"] and words[1] != "-m":
        subprocess.run([sys.executable, *words[1:]], check=True)


def test_each_begins_with_a_new_package_or_needs_none():
    starts = {path.stem: BLOCK.search(path.read_text())[2].split()[:2] for path in TUTORIALS}
    assert starts.pop("outside-program") == ["bench", "data"]
    assert set(map(tuple, starts.values())) == {("bench", "new")}
