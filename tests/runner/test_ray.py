"""On a real cluster: two Ray nodes on this machine, of which one is killed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.reports import read_records

ray = pytest.importorskip("ray", reason="Ray is not installed (tox -e ray)")
pytestmark = pytest.mark.slow

GRID = """
name = "small"
[[tasks]]
private = ["identity"]
data = "toy"
defenses = ["pixelate:block=0.25", "fitted"]
attackers = ["slow"]
threats = ["raw", "aware"]
"""
SLOW = """
import os
import time
from dataclasses import dataclass
import numpy as np
from bench.api import Classifier
from bench.registry import register

@register("slow")
@dataclass(frozen=True)
class Slow(Classifier):
    \"""Guesses the first class, after a second. Source: ours.\"""

    forms = frozenset({"pixels", "codes"})

    def fit(self, knowledge, context):
        time.sleep(1)
        assert os.environ["OMP_NUM_THREADS"] == "1"
        assert "BENCH_DATA" not in os.environ
        return {"n": np.array([len(knowledge.target.classes)])}

    def predict(self, sample, weights, context):
        return np.eye(int(weights["n"][0]), dtype=np.float32)[np.zeros(len(sample), int)]
"""


@pytest.fixture(scope="module")
def cluster():
    """A head with one core; tests add machines."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    yield made
    made.shutdown()


@pytest.fixture
def machine(cluster):
    """A second machine of the cluster, with one core and what is told to be a GPU."""
    made = cluster.add_node(num_cpus=1, num_gpus=1)
    yield made
    if made in cluster.worker_nodes:
        cluster.remove_node(made, allow_graceful=False)


@pytest.fixture(scope="module")
def bench(tmp_path_factory, toys):
    """Starts `bench run` on the small grid."""
    folder = tmp_path_factory.mktemp("grid")
    (folder / "grid.toml").write_text(GRID)
    (folder / "slow.py").write_text(SLOW)

    def start(place, *more):
        command = [sys.executable, "-c", "from bench.cli import main; main()", "run", "grid.toml"]
        options = ["--store", place / "store", "--out", place / "out", "--plugin", toys.__file__]
        options += ["--plugin", "slow.py"]
        return subprocess.Popen(
            [*command, *options, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            env={**os.environ, "OMP_NUM_THREADS": "2", "BENCH_DATA": "/", "COLUMNS": "300"},
        )

    return start


@pytest.fixture
def on_ray(bench, cluster, machine, tmp_path):
    """Starts it on the cluster."""
    address = ("--engine", "ray", "--address", cluster.address)
    return lambda *more: bench(tmp_path, *address, *more)


@pytest.fixture(scope="module")
def expected(bench, tmp_path_factory):
    """What the pool writes, and how many stages it makes."""
    place = tmp_path_factory.mktemp("pool")
    finished(bench(place, "--device", "cpu"))
    return records(place), len(stages(place / "store"))


def finished(process, code=0):
    """The text of a process that ends like this."""
    text = process.communicate(timeout=280)[0]
    assert process.returncode == code, text
    return text


def records(place):
    return (place / "out" / "records.csv").read_bytes()


def stages(store):
    """When and as what each finished stage was written."""
    paths = [*store.glob("*/stage.json"), *store.glob("shuffled/*/stage.json")]
    return {path: (path.stat().st_ino, path.stat().st_ctime_ns) for path in paths}


def working(machine):
    """The processes of a machine that work on a stage."""
    raylet = machine.all_processes["raylet"][0].process.pid
    found = subprocess.run(
        ["pgrep", "-P", str(raylet), "-f", "^ray::[a-z]"], capture_output=True, text=True
    )
    return [int(number) for number in found.stdout.split()]


def busy(machine):
    """The processes that work on a stage, once there are some."""
    deadline = time.monotonic() + 200
    while not (found := working(machine)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def test_machines_are_killed_and_nothing_is_lost_or_done_twice(
    on_ray, cluster, machine, expected, tmp_path
):
    store, before = tmp_path / "store", {}
    process = on_ray("--device", "cpu")
    for _ in range(2):
        busy(machine)
        cluster.remove_node(machine, allow_graceful=False)
        now = stages(store)
        assert before.items() <= now.items()
        before, machine = now, cluster.add_node(num_cpus=1)
    text = finished(process)
    cluster.remove_node(machine, allow_graceful=False)
    assert text.count("its machine was lost; started again") == 2
    assert before.items() <= stages(store).items()
    n_made = len((store / "costs.jsonl").read_text().splitlines())
    assert n_made <= len(stages(store)) == expected[1]
    assert records(tmp_path) == expected[0]


def test_a_killed_process_costs_only_time(on_ray, machine, expected, tmp_path):
    process = on_ray("--device", "cpu")
    os.kill(busy(machine)[0], signal.SIGKILL)
    assert "its process died (killed, or out of memory); started again" in finished(process)
    assert records(tmp_path) == expected[0]


def test_a_stage_that_fails_or_ends_its_process_costs_its_cells(on_ray, tmp_path):
    text = finished(on_ray("--defense", "broken_defense", "--defense", "dies"), code=1)
    assert "the plugin fell over" in text
    assert "its process died (killed, or out of memory), 3 times" in text
    found = read_records(tmp_path / "out" / "records.csv")
    assert {r.defense for r in found if r.status == "failed"} == {
        *("broken_defense:how=raises", "dies")
    }


def test_stages_that_use_torch_get_a_part_of_a_gpu(on_ray, tmp_path):
    text = SLOW.replace("import time", "import time\nimport torch").replace('"slow"', '"torchy"')
    (tmp_path / "torchy.py").write_text(text)
    plugin = ("--plugin", tmp_path / "torchy.py", "--attacker", "torchy")
    finished(on_ray(*plugin, "--only", "pixelate"))
    recipes = [json.loads(path.read_text()) for path in stages(tmp_path / "store")]
    assert {r["device"] for r in recipes if r["plugin"] == "torchy"} == {"cuda:0"}
    assert {r["device"] for r in recipes if r["plugin"] != "torchy"} == {"cpu"}


SLEEPER = """
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from bench.api import Defense
from bench.registry import register

@register("sleeper")
@dataclass(frozen=True)
class Sleeper(Defense):
    \"""Never ends. Source: ours.\"""

    def protect(self, faces, weights, context):
        Path(__file__).with_name(f"sleeper-{os.getpid()}").touch()
        threading.Event().wait()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_and_its_tasks_within_5_s(on_ray, tmp_path, number):
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    process = on_ray("--defense", "sleeper", "--plugin", tmp_path / "sleeper.py")
    deadline = time.monotonic() + 200
    while not (sleeping := list(tmp_path.glob("sleeper-*"))):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, number)
    text = process.communicate(timeout=5)[0]
    assert process.returncode == 128 + number
    assert re.search(r"stopped after \d+ of \d+ stages; run the same command again to go on", text)
    assert "Traceback" not in text
    time.sleep(1)
    assert not any(Path("/proc", path.name.rpartition("-")[2]).exists() for path in sleeping)


def test_ray_starts_on_this_machine(bench, expected, tmp_path):
    text = finished(bench(tmp_path, "--engine", "ray", "--device", "cpu", "--json"))
    assert "raylet" not in text
    assert records(tmp_path) == expected[0]
