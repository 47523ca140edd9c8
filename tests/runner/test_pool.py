"""Two lanes; `meta` is a device of torch that every machine has, and that computes nothing."""

import json
import multiprocessing
from collections import Counter
from concurrent.futures import Future
from typing import ClassVar

import pytest

from bench.runner import schedule
from bench.runner.cells import cells
from bench.runner.engines import pool
from bench.runner.engines.options import n_gpu_workers
from bench.runner.engines.pool import PoolEngine
from bench.runner.plan import plan
from bench.runner.stage import Stage
from bench.runner.step import Outcome
from bench.spec import Spec
from tests.conftest import FILES

PLUGINS = tuple(path for path in FILES if path.stem == "basic")  # all that they name


@pytest.mark.parametrize(
    ("n_cores", "memory_mb", "gpus_mb", "expected"),
    [
        (2, 8_000, [8_000], 4),  # at least 4
        (16, 128_000, [143_000], 8),  # an H200: half the cores
        (64, 512_000, [143_000], 8),  # so many keep one GPU busy
        (64, 512_000, [80_000] * 4, 32),
        (64, 512_000, [24_000], 4),  # 10 GB of its memory each would be 2
        (64, 64_000, [80_000] * 8, 16),  # 4 GB of the machine's memory each
        (32, 256_000, [60_000], 6),
    ],
)
def test_as_many_processes_share_gpus_as_cores_and_memory_allow(
    n_cores, memory_mb, gpus_mb, expected
):
    assert n_gpu_workers(n_cores, memory_mb, gpus_mb) == expected


def stage(action, name, seconds):
    spec = Spec(name, "", ())
    return Stage(action, spec, {}, {}, "", spec, seconds=seconds)


@pytest.fixture
def stages(grid, store):
    """The stages of a small plan; `cnn` cannot train on `meta`."""

    def make(*attackers, defenses=("pixelate",)):
        task = {"attackers": list(attackers), "defenses": list(defenses)}
        return plan(list(cells(grid(**task))), store.root).stages

    return make


class RecordedPool:
    """Runs nothing; a test ends its jobs."""

    running: ClassVar = {}

    def __init__(self, n_processes, start, plugins, device):
        self.n_processes, self.device = n_processes, device

    def submit(self, task, stage, root, device):
        assert device == self.device
        job = Future()
        self.running[job] = (stage, device)
        assert sum(where == device for _, where in self.running.values()) <= self.n_processes
        return job

    def shutdown(self):
        assert not self.running


def test_device_stages_run_at_once_on_all_devices_beside_host_stages(stages, store, monkeypatch):
    running, most, seen = {}, Counter(), []
    monkeypatch.setattr(RecordedPool, "running", running)
    monkeypatch.setattr(pool, "Pool", RecordedPool)

    def end_oldest(jobs, return_when):
        now = Counter(device for _, device in running.values())
        most.update(dict.fromkeys(now, 0))
        most.update({device: max(0, n - most[device]) for device, n in now.items()})
        seen.append(now)
        job = next(iter(running))
        stage, device = running.pop(job)
        assert (device == "cpu") == (schedule.resource_of(stage) == "host")
        job.set_result(Outcome(stage, "done"))
        return type("Ended", (), {"done": {job}})

    monkeypatch.setattr(pool, "wait", end_oldest)
    todo = stages("cnn", "linear", "flat", "nearest")
    devices = ("cuda:0", "cuda:1", "cuda:0")
    outcomes = list(PoolEngine(4, devices).run(todo, store))
    assert len({each.stage.key for each in outcomes}) == len(outcomes) == len(todo)
    assert most == {"cuda:0": 2, "cuda:1": 1, "cpu": most["cpu"]}
    assert any(now.total() - now["cpu"] == 3 and now["cpu"] for now in seen)


@pytest.mark.parametrize("n_failures", [1, 2])
def test_a_stage_that_lacks_memory_runs_again_once_and_alone(n_failures, store, monkeypatch):
    attacks = [stage("attack", name, 5.0 - n) for n, name in enumerate(["mlp", "cnn", "flat"])]
    running, seen = {}, []
    monkeypatch.setattr(RecordedPool, "running", running)
    monkeypatch.setattr(pool, "Pool", RecordedPool)

    def end_oldest(jobs, return_when):
        seen.append([each.spec.name for each, _ in running.values()])
        job = next(iter(running))
        each, _ = running.pop(job)
        lacks = each.spec.name == "mlp" and sum("mlp" in now for now in seen) <= n_failures
        reason = f"{each}: OutOfMemoryError: CUDA out of memory." if lacks else ""
        job.set_result(Outcome(each, "failed" if lacks else "done", 0.0, reason))
        return type("Ended", (), {"done": {job}})

    monkeypatch.setattr(pool, "wait", end_oldest)
    outcomes = list(PoolEngine(1, ("cuda:0", "cuda:0")).run(attacks, store))
    assert seen == [["mlp", "cnn"], ["cnn"], ["mlp"], ["flat"]]
    failed = [each.stage.spec.name for each in outcomes if each.status == "failed"]
    assert failed == ["mlp"] * (n_failures - 1)
    assert len(outcomes) == 3


@pytest.mark.slow
def test_a_device_stage_that_fails_or_dies_costs_its_cells_only(stages, store, monkeypatch):
    known = schedule._uses_device
    monkeypatch.setattr(schedule, "_uses_device", lambda *who: "dies" in who or known(*who))
    todo = stages("memory", "cnn:rounds=1", defenses=["dies", "pixelate"])
    outcomes = list(PoolEngine(1, ("meta", "meta"), PLUGINS).run(todo, store))
    assert len(outcomes) == len(todo)
    failed = {str(each.stage.spec.name) for each in outcomes if each.status == "failed"}
    assert failed == {"dies", "cnn"}
    skipped = [each.reason for each in outcomes if each.status == "skipped"]
    assert all("dies" in reason or "cnn" in reason for reason in skipped)
    done = {each.stage.spec.name for each in outcomes if each.status == "done"}
    assert {"memory", "pixelate", "toy"} <= done
    lines = (store.root / "costs.jsonl").read_text().splitlines()
    assert {json.loads(line)[4] for line in lines} == {"cpu"}  # nothing else can end on `meta`


@pytest.mark.slow
def test_a_stopped_run_ends_the_processes_of_both_lanes(stages, store, monkeypatch):
    monkeypatch.setattr(schedule, "_uses_device", lambda kind, name: name == "memory")
    run = PoolEngine(1, ("meta",), PLUGINS).run(stages("memory", "nearest"), store)
    while next(run).stage.action != "attack":
        pass
    assert len(multiprocessing.active_children()) == 2
    run.close()
    assert multiprocessing.active_children() == []
