"""docs/sources.md: what it names exists."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from bench.api import Attacker
from bench.cli import app
from bench.registry import make, plugins
from bench.runner.grid import bundled
from bench.spec import Spec

ROOT = Path(__file__).parents[1]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "sources.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| in the source"))
]
KINDS = ("defense", "attacker", "dataset", "operation")


def is_there(name):
    return (ROOT / name).is_file() or any(name in plugins(kind) for kind in KINDS)


def command_of(words):
    """The command that these words call, and the rest of them."""
    found = get_command(app)
    while words and hasattr(found, "commands"):
        found = found.commands[words[0]]
        words = words[1:]
    return found, words


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_a_row_names_is_there_and_its_command_too(row):
    _, here, faithful, command = row
    names = re.findall(r"`([^`]+)`", here)
    assert names
    assert faithful
    assert [name for name in names if not is_there(name)] == []
    called, words = command_of(command.strip("`").split()[1:])
    if "--help" not in words:
        called.make_context(called.name, [*words])  # raises if the command would not take them
    if called.name in ("run", "rehearse") and words:
        assert words[0] in bundled()
    if called.name == "list" and words:
        assert is_there(words[0])
    if called.name == "pairs":
        assert make(Attacker, Spec.parse(words[0])).frozen  # others would have to learn
    if called.name == "apply":
        assert words[0] in plugins("operation")
