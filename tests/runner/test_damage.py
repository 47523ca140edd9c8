"""Whatever is damaged in a store is named, set aside and made again; no number moves."""

import os
import shutil

import pytest

from bench.runner.engines.local import LocalEngine
from bench.runner.step import run_or_raise
from tests.runner.test_store import DAMAGE

GRID = {
    "defenses": ["random_code", "learned_colour"],
    "attackers": ["memory"],
    "threats": ["raw", "aware"],
    "private": ["identity", "colour"],
}


def entries(store):
    """The folders of all artifacts, with their keys."""
    for path in sorted(store.root.rglob("stage.json")):
        yield path.parent.name, path.parent


def files(folder):
    """All files of an entry."""
    labels = folder.parent / "labels" / folder.name
    return sorted([*folder.iterdir(), *labels.iterdir()])


def test_a_damaged_file_of_every_entry_is_named_and_healed(run, caplog):
    first = run(**GRID)
    ends = {stage.key for each in first.plan.of.values() for stage in each.ends}
    damaged = []
    for number, (key, folder) in enumerate(entries(first.store)):
        several = files(folder)
        how = list(DAMAGE)[number % len(DAMAGE)]
        path = several[number // len(DAMAGE) % len(several)]
        DAMAGE[how](path)
        if key in ends:
            damaged.append(key)
    assert len(damaged) > 20
    again = run(**GRID)
    assert [*map(str, again.records)] == [*map(str, first.records)]
    for key in damaged:
        assert f"entry {key[:12]} of the store is damaged" in caplog.text
    assert {o.status for o in again.outcomes} == {"done", "cached"}
    third = run(**GRID)
    assert {o.status for o in third.outcomes} == {"cached"}


@pytest.mark.parametrize(
    ("action", "damage"), [*zip(["load", "split", "fit", "protect", "attack"], DAMAGE, strict=True)]
)
def test_a_damaged_input_is_made_again_before_it_is_used(run, action, damage, caplog):
    first = run(**GRID)
    key, folder = next(
        (stage.key, first.store.root / stage.key)
        for stage in first.plan.stages
        if stage.action == action and not stage.shuffled
    )
    gone = {s.key for s in first.plan.stages if any(n.key == key for n in s.needs)}
    for path in [*files(folder)]:
        if path.suffix == ".npy" or path.name == "weights.safetensors":
            DAMAGE[damage](path)
    for other in gone:  # so that it is read
        for home in (first.store.root, first.store.root / "shuffled"):
            shutil.rmtree(home / other, ignore_errors=True)
    again = run(**GRID)
    assert [*map(str, again.records)] == [*map(str, first.records)]
    assert f"entry {key[:12]} of the store is damaged" in caplog.text
    aside = [path.name for path in (first.store.root / "damaged").iterdir()]
    assert any(name.startswith(key) for name in aside)


def test_an_entry_that_vanished_during_a_run_is_made_again(run):
    done = run(**GRID)
    stage = next(s for s in done.plan.stages if s.action == "answer" and not s.shuffled)
    expected = done.store.get(stage.key).arrays["scores"].tolist()
    for key in {stage.key, *(needed.key for needed in stage.needs)}:
        shutil.rmtree(done.store.root / key)
    (again,) = run_or_raise([stage], done.store, LocalEngine().run)
    assert again.arrays["scores"].tolist() == expected


def test_nothing_survives_its_use(run, tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_SCRATCH", str(tmp_path / "scratch"))
    done = run(**GRID)
    for root in (done.store.root, done.store.shuffled.root):
        for folder in ("locks", "drafts", "damaged"):
            assert list((root / folder).iterdir()) == []
    assert os.listdir(tmp_path / "scratch") == []
