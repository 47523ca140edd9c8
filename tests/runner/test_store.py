import json
import multiprocessing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.runner.artifacts import Artifact
from bench.runner.store import DamagedError, Store


def artifact():
    rng = np.random.default_rng(0)
    weights = {"w": rng.standard_normal((2, 3, 4, 4)).astype(np.float32)}
    return Artifact({"images": np.arange(6, dtype=np.uint8)}, weights, {"targets": [["a"]]})


def test_what_was_put_comes_back(store):
    store.put("k", artifact(), {"action": "load"})
    back = store.get("k")
    assert back.arrays["images"].tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_array_equal(back.weights["w"], artifact().weights["w"])
    assert back.meta == {"targets": [["a"]]}
    assert store.recipe("k")["action"] == "load"


def test_arrays_that_are_not_contiguous_survive(store):
    turned = artifact().weights["w"].transpose(3, 2, 1, 0)
    store.put("k", Artifact({"a": turned}, {"w": turned}), {})
    np.testing.assert_array_equal(store.get("k").weights["w"], turned)
    np.testing.assert_array_equal(store.get("k").arrays["a"], turned)


def test_a_failed_write_leaves_nothing(store):
    with pytest.raises(TypeError):
        store.put("k", Artifact(meta={"bad": object()}), {})
    assert "k" not in store
    assert list((store.root / "drafts").iterdir()) == []


def test_an_absent_key_is_told(store):
    with pytest.raises(KeyError, match="expected artifact k"):
        store.get("k")


def test_a_folder_without_its_stage_is_no_artifact(store):
    store.put("k", artifact(), {})
    (store.root / "k" / "stage.json").unlink()
    assert "k" not in store


def test_the_stage_is_told_readably(run):
    done = run()
    for stage in done.plan.stages:
        (path,) = done.store.root.rglob(f"{stage.key}/stage.json")
        told = json.loads(path.read_text())
        assert told["action"] == stage.action
        assert told["seconds"] >= 0


def test_scratch_outlives_a_failure_and_goes_with_success(tmp_path):
    store = Store(tmp_path)

    def fail():
        with store.scratch("k") as folder:
            (folder / "checkpoint").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.scratch("k") as folder:
        assert (folder / "checkpoint").read_text() == "half"
    assert not folder.exists()


def test_scratch_lies_outside_under_a_name_that_only_the_store_tells(tmp_path):
    one, other = Store(tmp_path / "one"), Store(tmp_path / "other")
    with one.scratch("k") as mine, other.scratch("k") as theirs:
        assert mine != theirs
        assert not mine.is_relative_to(tmp_path / "one")
        assert "k" not in mine.name.split("-")
        with Store(tmp_path / "one").scratch("k") as again:
            assert again == mine


def test_labels_do_not_lie_beside_pictures(store):
    arrays = {"images": np.zeros(2, np.uint8), "label.gender": np.ones(2, np.int64)}
    store.put("k", Artifact(arrays, meta={"targets": []}), {})
    assert {path.name for path in (store.root / "k").iterdir()} == {"stage.json", "images.npy"}
    assert store.get("k").arrays["label.gender"].tolist() == [1, 1]


@settings(deadline=None)  # it writes files
@given(st.text(st.characters(codec=None), max_size=40))
def test_any_name_of_an_array_comes_back_and_nothing_lies_elsewhere(name):
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store")
        store.put("k", Artifact({f"label.{name}": np.arange(3)}), {})
        back = store.get("k").arrays
        assert list(back) == [f"label.{name}"]
        assert back[f"label.{name}"].tolist() == [0, 1, 2]
        inside = [p for p in store.root.rglob("*") if p.is_file()]
        assert [p for p in Path(folder).rglob("*") if p.is_file()] == inside
        assert {path.parent.name for path in inside} == {"k"}


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "flipped": flip,
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "deleted": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize(
    "file", ["images.npy", "weights.safetensors", "label.gender.npy", "meta.json", "stage.json"]
)
def test_damage_of_any_file_is_found_and_set_aside(store, file, damage):
    arrays = {**artifact().arrays, "label.gender": np.ones(6, np.int64)}
    made = Artifact(arrays, artifact().weights, {"targets": []})
    store.put("k", made, {})
    store.check("k")
    (path,) = store.root.rglob(file)
    DAMAGE[damage](path)
    with pytest.raises(DamagedError, match=rf"entry k of the store is damaged: {file}"):
        store.check("k")
    aside = store.set_aside("k")
    assert aside.parent == store.root / "damaged"
    assert "k" not in store
    store.put("k", made, {})
    store.check("k")
    np.testing.assert_array_equal(store.get("k").arrays["images"], made.arrays["images"])


def test_what_was_found_sound_is_not_read_again(store, monkeypatch):
    store.put("k", artifact(), {})
    store.check("k")
    monkeypatch.setattr("bench.runner.store._sha256", lambda path: pytest.fail(f"read {path}"))
    store.check("k")


def test_no_lock_and_no_draft_survives_its_use(store):
    with store.lock("k"):
        store.put("k", artifact(), {})
        assert any((store.root / "locks").iterdir())
    with pytest.raises(RuntimeError), store.lock("k"):
        raise RuntimeError
    assert not any((store.root / "locks").iterdir())
    assert not any((store.root / "drafts").iterdir())


def count(root, path):
    for _ in range(100):
        with Store(root).lock("k"):
            path.write_text(str(int(path.read_text()) + 1))


def test_a_lock_whose_file_goes_away_lets_in_one_at_a_time(tmp_path):
    path = tmp_path / "number"
    path.write_text("0")
    spawn = multiprocessing.get_context("fork")
    work = [spawn.Process(target=count, args=(tmp_path / "store", path)) for _ in range(4)]
    for process in work:
        process.start()
    for process in work:
        process.join()
    assert path.read_text() == "400"


def test_an_opened_store_drops_the_drafts_of_the_dead_only(tmp_path):
    first = Store(tmp_path)
    for key in ("alive", "dead"):
        (tmp_path / "drafts" / key).mkdir()
    with first.lock("alive"):
        (tmp_path / "locks" / "dead.lock").touch()
        Store(tmp_path)
        assert [path.name for path in (tmp_path / "locks").iterdir()] == ["alive.lock"]
        assert [path.name for path in (tmp_path / "drafts").iterdir()] == ["alive"]
