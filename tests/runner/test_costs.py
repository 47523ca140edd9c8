import json

import pytest

from bench.runner.costs import Cost, Costs, Size, note
from bench.runner.store import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_the_same_plugin_on_the_same_pixels_costs_the_mean(store):
    for seconds in (2.0, 4.0):
        note(store, Cost("attack", "cnn:steps=9", Size(100, 10), seconds))
    note(store, Cost("attack", "cnn:steps=9", Size(900, 10), 99.0))
    assert Costs(store.root).expected("attack", "cnn:steps=9", Size(100, 10)) == 3


def test_work_scales_with_pixels_and_pictures_or_the_steps_of_a_training(store):
    for action in ("attack", "measure"):
        note(store, Cost(action, "newnet:steps=9", Size(100, 10), 2.0))
    costs = Costs(store.root)
    assert costs.expected("measure", "newnet:steps=9", Size(300, 20)) == pytest.approx(12)
    assert costs.expected("attack", "newnet:steps=9", Size(300, 20)) == pytest.approx(4)
    assert costs.expected("attack", "newnet:steps=27", Size(300, 20)) == pytest.approx(12)
    assert costs.expected("attack", "newnet", Size()) == pytest.approx(2)


@pytest.mark.parametrize(
    ("plugin", "factor"),
    [
        ("gan:batch=20,epochs=3,rebuild=1,warmup=2,width=4", 3),
        ("gan:batch=10,epochs=1,iterations=7,rebuild=0,warmup=0,width=4", 7 / 20),
        ("gan:batch=10,epochs=2,kernel=3,width=8", (3 * 2) ** 1.5),
        ("gan:epochs=0,rebuild=1,steps=19,width=4", 1 / 10),
    ],
)
def test_the_work_of_a_training_is_what_it_learns_times_the_size_of_its_network(
    plugin, factor, store
):
    note(store, Cost("fit", "gan:batch=10,epochs=2,width=4", Size(100, 10), 5.0))
    assert Costs(store.root).expected("fit", plugin, Size(100, 10)) == pytest.approx(5 * factor)


def test_the_paper_takes_what_was_measured_of_its_steps(store):
    """55,500 iterations of `pprl_vgan@mug`, 26 s each (leaderboards/README.md)."""
    fields = "batch=256,epochs=300,iterations=0,kernel=8,warmup=0,width=32"
    found = Costs(store.root).expected("fit", f"pprl_vgan:{fields}", Size(56_000, 64**2))
    assert 0.5 < found / (55_500 * 26) < 2


def test_before_anything_ran_the_shipped_table_tells(store):
    size = Size(8 * 8 * 40, 32**2)
    assert 10 < Costs(store.root).expected("fit", "began_cs", size) < 300
    assert Costs(store.root).expected("unheard of", "x", size) == 1


def test_half_written_lines_are_skipped_and_other_devices_ignored(store):
    note(store, Cost("fit", "mine", Size(1, 10), 50.0, "cpu"))
    note(store, Cost("fit", "mine", Size(1, 10), 1.0, "cuda:0"))
    with (store.root / "costs.jsonl").open("a") as file:
        file.write('["fit", "mi\n' + json.dumps(["fit", "mine", [1, 10], 3.0, "cuda:1"]) + "\n17\n")
    assert Costs(store.root).expected("fit", "mine", Size(1, 10)) == 2


def test_each_stage_has_the_costs_of_the_device_that_it_ran_on_last(store):
    note(store, Cost("fit", "gan", Size(1, 10), 3.0, "cuda:0"))
    note(store, Cost("attack", "knn", Size(1, 10), 4.0, "cpu"))  # the other lane of the run
    costs = Costs(store.root)
    assert costs.expected("fit", "gan", Size(1, 10)) == 3
    assert costs.expected("attack", "knn", Size(1, 10)) == 4
