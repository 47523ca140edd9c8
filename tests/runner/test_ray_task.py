"""What needs no Ray: what a process checks before its first stage, and what it is asked for."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from bench import processes
from bench.processes import revealed
from bench.runner.cells import cells
from bench.runner.costs import Cost, Size, note
from bench.runner.engines import ray as engine
from bench.runner.engines.local import LocalEngine
from bench.runner.engines.options import engine_of
from bench.runner.engines.pool import PoolEngine
from bench.runner.engines.ray import RayEngine
from bench.runner.engines.ray_task import Job, _gpu, ended
from bench.runner.plan import plan
from bench.runner.schedule import Schedule, Started

# Holds a lock as the run does, which is another process.
HOLD = """
import sys
from bench.runner.store import Store
with Store(__import__("pathlib").Path(sys.argv[1])).lock("run"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def load(grid, store):
    """The first stage of a plan."""
    return plan(cells(grid()), store.root).stages[0]


@pytest.fixture
def job(store, tmp_path, monkeypatch):
    """As a run hands it to the processes of its machines; this one gets back what it loses."""
    monkeypatch.setattr(processes, "_known", {})
    monkeypatch.setenv("BENCH_DATA", "of this machine")
    monkeypatch.chdir("/")
    held = store.root / "locks" / "run.lock"
    return Job(store.root, held, tmp_path, (), (("BENCH_DATA", "of the run"),))


@pytest.fixture
def held(job):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, job.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        assert run.stdout.readline() == b"held\n"
        yield job
        run.stdin.close()


def test_a_stage_ends_as_in_a_pool(held, load, store):
    assert ended(load, held, "cpu")[::2] == ("done", "")
    assert load.key in store
    assert ended(load, held, "cpu") == ("cached", 0.0, "", ())
    assert os.getcwd() == str(held.folder)
    assert "BENCH_DATA" not in os.environ
    with revealed():
        assert os.environ["BENCH_DATA"] == "of the run"


@pytest.mark.parametrize("what", ["another folder", "locks that do not hold"])
def test_a_store_that_is_not_shared_is_refused(what, job, load):
    if what == "locks that do not hold":
        job.held.touch()
    with pytest.raises(OSError, match=r"to be the store of the run, with locks that hold"):
        ended(load, job, "cpu")
    assert load.key not in os.listdir(job.root)


@pytest.mark.parametrize("change", [{"code": "0" * 16}, {"detail": {"role": "another"}}])
def test_other_code_or_libraries_are_refused(change, held, load, store):
    other = replace(load, **change)
    other.__dict__["key"] = load.key  # as the run computed it
    with pytest.raises(OSError, match=r"got others for load toy.*; install the same versions"):
        ended(other, held, "cpu")
    assert load.key not in store


@pytest.mark.parametrize(
    ("visible", "number", "device"),
    [("", "1", "cuda:1"), ("2,3", "3", "cuda:1"), ("GPU-a,GPU-b", "GPU-a", "cuda:0")],
)
def test_a_process_uses_the_gpu_that_the_task_was_given(visible, number, device, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    ray, given = ModuleType("ray"), SimpleNamespace(get_accelerator_ids=lambda: {"GPU": [number]})
    ray.get_runtime_context = lambda: given
    monkeypatch.setitem(sys.modules, "ray", ray)
    assert _gpu() == device


class FakeRay:
    """Two machines; keeps what was asked for."""

    exceptions = SimpleNamespace(RayTaskError=KeyError)

    def __init__(self):
        self.asked = []

    def nodes(self):
        found = ((8 << 30, True), (3 << 30, True), (99 << 30, False))
        return [{"Resources": {"memory": n}, "Alive": alive} for n, alive in found]

    def cluster_resources(self):
        return {"CPU": 4.0, "GPU": 1.0}

    def remote(self, function):
        return self

    def options(self, **asked):
        self.asked.append(asked)
        return SimpleNamespace(remote=lambda *_: SimpleNamespace(future=object))


@pytest.fixture
def tasks(store, monkeypatch):
    ray = FakeRay()
    monkeypatch.setattr(engine, "_connected", lambda _: ray)
    return engine._Tasks(RayEngine(), store, "run", Schedule([], [], 1))


def test_a_stage_asks_for_the_least_memory_that_an_equal_one_had(store, load, monkeypatch):
    about = (load.action, str(load.spec), Size(*load.size))
    for memory_mb in (0, 900, 700, 800):  # a process keeps the peak of earlier stages
        note(store, Cost(*about, 1.0, "cpu", memory_mb))
    ray = FakeRay()
    monkeypatch.setattr(engine, "_connected", lambda _: ray)
    engine._Tasks(RayEngine(), store, "run", Schedule([], [], 1)).start(Started(load, "cpu", False))
    assert ray.asked[0]["memory"] == 700 << 20
    assert ray.asked[0]["num_gpus"] == 0


def test_a_stage_whose_process_died_asks_for_more_but_never_for_more_than_there_is(load, tasks):
    died = type("WorkerCrashedError", (Exception,), {})()
    for gib in (2, 4, 8):
        tasks.start(Started(load, "cuda", False))
        assert tasks._ray.asked[-1]["memory"] == gib << 30
        assert tasks._ray.asked[-1]["num_gpus"] == 0.25
        reason = tasks._loss(load, died)
    assert reason == f"{load}: its process died (killed, or out of memory), 3 times"


def test_a_lost_machine_is_not_the_fault_of_its_stage(load, tasks):
    gone = type("NodeDiedError", (Exception,), {})()
    assert [tasks._loss(load, gone) for _ in range(19)] == [""] * 19
    assert tasks._loss(load, gone) == f"{load}: its machine was lost, 20 times"
    assert tasks._memory(load) == 2 << 30


def test_four_stages_share_a_gpu_and_none_if_the_user_says_so(tasks):
    assert RayEngine().devices == ("cuda",) * 4
    assert RayEngine(workers=3).devices == ("cuda",) * 3
    assert RayEngine(device="cpu").devices == ()
    assert RayEngine().n_processes == 4


def test_without_ray_a_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"not installed; pip install unmask-bench\[ray\]"):
        _ = RayEngine().n_processes


def test_the_engine_is_chosen_by_its_name():
    assert type(engine_of("cpu", 1, None)) is PoolEngine
    assert engine_of("cpu", 1, None, "local") == LocalEngine("cpu")
    found = engine_of("auto", 3, [Path("mine.py")], "ray", "auto")
    assert found == RayEngine("auto", "auto", 3, (Path("mine.py"),))
    with pytest.raises(ValueError, match="expected --device auto, cpu or cuda with --engine ray"):
        engine_of("cuda:1", 1, None, "ray")
