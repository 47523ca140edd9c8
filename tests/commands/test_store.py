import os
import re
import time
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from bench import rounds
from bench.cli import app
from bench.runner.artifacts import Artifact
from bench.runner.store import scratch_root

DAY = 86400
TOY = """
name = "toy"
[[tasks]]
private = ["identity"]
data = "toy"
defenses = ["pixelate"]
attackers = ["memory"]
threats = ["aware"]
"""


def bench(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture
def place(store):
    """A store with two entries, the older last used 40 days ago, and one of the control."""
    made = Artifact({"images": np.zeros(10**6, np.uint8)}, meta={"a": 1})
    recipe = {"action": "protect", "plugin": "blur", "fields": {"sigma": 0.06}}
    for own, key in ((store, "old"), (store, "new"), (store.shuffled, "control")):
        own.put(key, made, recipe)
    os.utime(store.root / "old" / "stage.json", (0, time.time() - 40 * DAY))
    return store


def test_entries_are_listed_with_what_made_them(place):
    done = bench("store", "list", "--store", place.root)
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["new", "old", "control"]
    assert all(re.search(r" 1\.00 MB  \d{4}-\d\d-\d\d  protect blur:sigma=0.06", x) for x in lines)


def test_size_adds_up(place):
    done = bench("store", "size", "--store", place.root)
    assert "protect             3 entries          3.0 MB" in done.stdout
    assert "3 entries, 3.0 MB" in done.stdout.splitlines()[-1]


def test_verify_names_what_is_damaged_and_sets_it_aside(place):
    assert bench("store", "verify", "--store", place.root).exit_code == 0
    (place.root / "shuffled" / "control" / "images.npy").write_bytes(b"")
    done = bench("store", "verify", "--store", place.root)
    assert done.exit_code == 1
    assert "entry control of the store is damaged: images.npy is not as it was" in done.stdout
    assert "3 entries, 1 damaged" in done.stdout
    assert bench("store", "verify", "--store", place.root).exit_code == 0


def test_gc_deletes_what_was_not_used_lately(place):
    damaged = place.root / "damaged" / "x"
    damaged.mkdir()
    figures = place.root / "figures"
    figures.mkdir()
    (figures / "x").write_text("1")
    (scratch_root() / "y").mkdir(parents=True)
    for path in (figures / "x", scratch_root() / "y"):
        os.utime(path, (0, time.time() - 40 * DAY))
    done = bench("store", "gc", "--store", place.root)
    assert done.exit_code == 0, done.stderr
    assert "deleted 1 entries, 1.0 MB in all" in done.stdout
    assert sorted(place) == ["new"]
    assert not (place.root / "labels" / "old").exists()
    assert not any(path.exists() for path in (damaged, figures / "x", scratch_root() / "y"))
    assert bench("store", "gc", "--older-than", "0h", "--store", place.root).exit_code == 0
    assert list(place) == list(place.shuffled) == []


def test_gc_keeps_what_a_grid_needs_and_its_planted_traces(run, tmp_path, monkeypatch):
    def planted(found):
        asked = (r.cell for r in found.results if r.cell.defense.name == "pixelate")
        return [replace(cell, purpose="trace") for cell in asked if cell.purpose == "private"]

    monkeypatch.setattr(rounds, "_traces", planted)
    options = {"attackers": ["memory"], "threats": ["aware"], "defenses": ["pixelate"]}
    done = run(**options)
    assert any(cell.purpose == "trace" for cell in done.cells)
    (tmp_path / "toy.toml").write_text(TOY)
    older = ("--older-than", "0h", "--store", done.store.root)
    kept = bench("store", "gc", "--keep", tmp_path / "toy.toml", *older)
    assert "deleted 0 entries" in kept.stdout, kept.stderr
    assert {outcome.status for outcome in run(**options).outcomes} == {"cached"}


@pytest.mark.parametrize("text", ["", "30", "d", "-1d", "1y", "1.5d"])
def test_a_strange_age_is_one_line(place, text):
    done = bench("store", "gc", "--older-than", text, "--store", place.root)
    assert done.exit_code == 2
    assert "expected --older-than such as 30d" in done.stderr
    assert len(list(place)) == 2
