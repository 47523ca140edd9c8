"""Real processes are killed, stopped, and set on one store."""

import csv
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.reports import read_records
from bench.runner.store import Store

pytestmark = pytest.mark.slow

GRID = """
name = "small"
[[tasks]]
private = ["identity"]
data = "toy"
defenses = ["pixelate:block=0.25", "fitted", "random_code"]
attackers = ["nearest", "knn"]
threats = ["raw", "aware", "latent"]
"""


def _hears_interrupts():
    """Whoever runs the tests in the background may ignore them, and so would the child."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="module")
def bench(tmp_path_factory, toys):
    """Starts `bench run` on the small grid; its lines come through a pipe."""
    folder = tmp_path_factory.mktemp("grid")
    (folder / "grid.toml").write_text(GRID)

    def start(store, out, *more):
        command = [sys.executable, "-c", "from bench.cli import main; main()", "run"]
        options = ["--plugin", toys.__file__, "--store", store, "--out", out, "--device", "cpu"]
        return subprocess.Popen(
            [*command, folder / "grid.toml", *options, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            start_new_session=True,
            preexec_fn=_hears_interrupts,
            env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "300"},
        )

    return start


def finished(process):
    """All lines of a process that ends well."""
    lines = process.communicate(timeout=240)[0].splitlines()
    assert process.returncode == 0, "\n".join(lines)
    return lines


def n_made(out):
    """How many stages a run made, by its costs.csv."""
    with (out / "costs.csv").open(newline="") as file:
        return sum(line["status"] == "done" for line in csv.DictReader(file))


def wait_for(n_stages, store):
    """Waits until that many stages are finished."""
    deadline = time.monotonic() + 120
    while len(stages(store)) < n_stages:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def stages(store):
    """When and as what each finished stage was written; `stage.json` comes last."""
    return {
        path.parent.name: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in [*store.glob("labels/*/meta.json"), *store.glob("shuffled/labels/*/meta.json")]
        if (path.parents[2] / path.parent.name / "stage.json").exists()
    }


@pytest.fixture(scope="module")
def undisturbed(bench, tmp_path_factory):
    """What an undisturbed run writes, and how many stages it makes."""
    folder = tmp_path_factory.mktemp("whole")
    finished(bench(folder / "store", folder / "out"))
    return (folder / "out" / "records.csv").read_bytes(), n_made(folder / "out")


def test_a_killed_run_is_resumed_by_the_same_command(bench, undisturbed, tmp_path):
    store, before = tmp_path / "store", {}
    for n_stages in (1, 20):
        process = bench(store, tmp_path / "out")
        wait_for(n_stages, store)
        os.kill(process.pid, signal.SIGKILL)  # the parent only: its processes must follow
        process.communicate(timeout=60)
        now = stages(store)
        assert before.items() <= now.items()
        before = now
    finished(bench(store, tmp_path / "out"))
    after = stages(store)
    assert before.items() <= after.items()  # what was finished was not written again
    assert n_made(tmp_path / "out") == len(after) - len(before) < undisturbed[1]
    assert (tmp_path / "out" / "records.csv").read_bytes() == undisturbed[0]


def test_a_stopped_run_leaves_a_whole_store(bench, undisturbed, tmp_path):
    store = tmp_path / "store"
    process = bench(store, tmp_path / "out")
    wait_for(6, store)
    os.killpg(process.pid, signal.SIGINT)
    rest = process.communicate(timeout=5)[0]
    assert process.returncode == 130, rest
    stopped = re.search(r"stopped after (\d+) of (\d+) stages; run the same command again", rest)
    assert stopped
    # 6 stages lie in the store; each of the 2 processes may not have reported its last one yet
    assert 6 - 2 <= int(stopped[1]) < int(stopped[2])
    Store(store)  # drops what a process that was stopped while it wrote has left
    assert list((store / "drafts").iterdir()) == []
    before = stages(store)
    finished(bench(store, tmp_path / "out"))
    assert before.items() <= stages(store).items()
    assert (tmp_path / "out" / "records.csv").read_bytes() == undisturbed[0]


def test_two_runs_share_a_store(bench, undisturbed, tmp_path):
    both = [bench(tmp_path / "store", tmp_path / f"out{i}", "--workers", "1") for i in (0, 1)]
    for process in both:
        finished(process)
    n_each = [n_made(tmp_path / f"out{i}") for i in (0, 1)]
    assert sum(n_each) == undisturbed[1]  # each stage by one of them
    for i in (0, 1):
        assert (tmp_path / f"out{i}" / "records.csv").read_bytes() == undisturbed[0]


def test_a_failed_cell_is_told_and_the_exit_code_is_1(bench, tmp_path):
    process = bench(tmp_path / "store", tmp_path / "out", "--defense", "broken_defense")
    text = process.communicate(timeout=240)[0]
    assert process.returncode == 1
    assert "the plugin fell over" in text
    found = read_records(tmp_path / "out" / "records.csv")
    assert {r.defense for r in found if r.status == "failed"} == {"broken_defense:how=raises"}
    assert len([r for r in found if r.status == "ok"]) > 50


def test_a_process_that_dies_costs_its_cells(bench, tmp_path):
    process = bench(tmp_path / "store", tmp_path / "out", "--defense", "dies", "--workers", "2")
    text = process.communicate(timeout=240)[0]
    assert process.returncode == 1
    assert "its process died (killed, or out of memory)" in text
    found = read_records(tmp_path / "out" / "records.csv")
    assert {r.defense for r in found if r.status == "failed"} == {"dies"}


SLEEPER = """
import threading
from dataclasses import dataclass
from bench.api import Defense, field
from bench.faces import Release
from bench.registry import register

@register("sleeper")
@dataclass(frozen=True)
class Sleeper(Defense):
    \"""Never ends. Source: ours.\"""
    how: str = field("sleeps", about="how", at="protect")

    def protect(self, faces, weights, context):
        threading.Thread(target=threading.Event().wait).start()
        if self.how == "sleeps":
            threading.Event().wait()
        if self.how == "exits":
            raise SystemExit(0)
        if self.how == "interrupts":
            raise KeyboardInterrupt
        return Release(faces.images)
"""


@pytest.fixture
def sleeper(bench, tmp_path):
    """Starts a run with a defense that leaves a thread, and sleeps, exits, interrupts or ends."""
    (tmp_path / "sleeper.py").write_text(SLEEPER)

    def start(how):
        plugin = ("--defense", f"sleeper:how={how}", "--plugin", tmp_path / "sleeper.py")
        options = ("--attacker", "nearest", "--threat", "raw", "--workers", "2")
        return bench(tmp_path / "store", tmp_path / "out", *plugin, *options)

    return start


def workers(process):
    """The processes of a run."""
    found = subprocess.run(
        ["pgrep", "-P", str(process.pid), "-f", "spawn_main"], capture_output=True, text=True
    )
    return [int(number) for number in found.stdout.split()]


def is_alive(number):
    state = Path(f"/proc/{number}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("who", ["parent", "worker"])
def test_a_signal_to_one_process_ends_all_within_5_s(sleeper, tmp_path, number, who):
    process = sleeper("sleeps")
    wait_for(6, tmp_path / "store")
    running = workers(process)
    os.kill(process.pid if who == "parent" else running[0], number)
    text = process.communicate(timeout=5)[0]
    assert process.returncode == 128 + number
    assert re.search(r"stopped after \d+ of \d+ stages; run the same command again to go on", text)
    assert "Traceback" not in text
    assert not any(map(is_alive, running))


@pytest.mark.parametrize(
    ("how", "told"), [("exits", "SystemExit"), ("interrupts", "KeyboardInterrupt")]
)
def test_what_a_plugin_raises_costs_its_cells(sleeper, tmp_path, how, told):
    process = sleeper(how)
    text = process.communicate(timeout=240)[0]
    assert process.returncode == 1
    assert told in text
    found = read_records(tmp_path / "out" / "records.csv")
    assert {r.defense for r in found if r.status == "failed"} == {f"sleeper:how={how}"}


def test_a_run_ends_although_a_thread_of_a_plugin_goes_on(sleeper):
    finished(sleeper("ends"))
