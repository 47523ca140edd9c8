import json

import numpy as np
import pytest

from bench.runner.store import Artifact, Store


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
    assert store.recipe("k") == {"action": "load"}


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
        told = json.loads((done.store.root / stage.key / "stage.json").read_text())
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


def test_an_opened_store_drops_the_drafts_of_the_dead_only(tmp_path):
    first = Store(tmp_path)
    for key in ("alive", "dead"):
        (tmp_path / "drafts" / key).mkdir()
    with first.lock("alive"):
        Store(tmp_path)
        assert [path.name for path in (tmp_path / "drafts").iterdir()] == ["alive"]
