import json
import os
import time
from contextlib import closing
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.device_check import check, measures
from bench.device_check.figures import Equal, Quick, Report, Speed
from bench.device_check.works import EQUAL, WORKS


@pytest.fixture
def clock(monkeypatch):
    """A clock that a training moves on: so many seconds at once, and for each step."""
    now = [0.0]
    monkeypatch.setattr(measures.time, "perf_counter", lambda: now[0])

    def training(once_s, step_s):
        def fit(n_steps):
            now[0] += once_s + step_s * n_steps
            fit.asked.append(n_steps)

        fit.asked = []
        return fit

    return training


def test_a_steps_time_leaves_out_what_is_done_once(clock):
    fit = clock(once_s=1.0, step_s=0.25)
    assert measures._step_s(fit, 4) == pytest.approx(0.25)
    assert fit.asked == [4, 4, 8]


def test_short_steps_are_timed_by_more_of_them(clock):
    fit = clock(once_s=1.0, step_s=0.01)
    assert measures._step_s(fit, 4) == pytest.approx(0.01)
    assert fit.asked == [4, 4, 8, 16, 32, 64, 128]


def test_the_distance_is_relative_to_the_norm_of_all_weights():
    wanted = {"a": np.array([[3.0]], np.float32), "b": np.array([4.0], np.float32)}
    found = {"a": np.array([[3.0]], np.float32), "b": np.array([4.5], np.float32)}
    whole = {"n": np.array([7])}  # not a weight
    assert measures._distance(wanted | whole, found | whole) == pytest.approx(0.1)


def test_calls_are_counted_by_the_names_of_the_profiler():
    def event(key, count, device="DeviceType.CPU", us=0.0):
        return SimpleNamespace(key=key, count=count, device_type=device, self_device_time_total=us)

    events = [
        *(event("aten::mm", 5, us=9e6), event("aten::add", 2), event("cudaLaunchKernel", 40)),
        *(event("cudaGraphLaunch", 1), event("cuLaunchKernel", 2), event("cudaMemcpyAsync", 3)),
        *(event("cudaStreamSynchronize", 4), event("a_kernel", 40, "DeviceType.CUDA", 2.5e6)),
    ]
    wanted = {"operations": 7, "launches": 43, "waits": 4, "copies": 3, "busy_s": 2.5}
    assert measures._counts(events) == wanted


@pytest.mark.slow
def test_a_part_that_fails_dies_or_takes_too_long_costs_itself_only(monkeypatch):
    lines = []
    jobs = check._Jobs(time.monotonic() + 100, lines.append)
    with closing(jobs):
        assert jobs.run("good", partial(eval, "1 + 1")) == 2
        assert jobs.run("bad", partial(eval, "1 / 0")) is None
        assert jobs.run("slow", partial(time.sleep, 60), 0.5) is None
        assert jobs.run("after", os.getpid) not in (None, os.getpid())
        assert jobs.run("dead", partial(os._exit, 3)) is None
        monkeypatch.setattr(jobs, "_end", 0.0)
        assert jobs.run("late", os.getpid) is None
        assert jobs.run("kept for it", os.getpid, 60)
    assert list(jobs.failures) == ["bad", "slow", "dead", "late"]
    assert "division by zero" in jobs.failures["bad"]
    assert "took over" in jobs.failures["slow"]
    assert lines[0] == "good: done"


def test_a_report_is_json():
    speed = Speed(8, 1.0, 8000.0, None, 0.5, *range(4))
    equal, quick = Equal(0.01, 0.05, None, 0.01), Quick(9, 9, *[1.0] * 6, ("why",))
    report = Report(1, True, False, {"name": "x"}, {"cnn": equal}, {"cnn": speed}, {}, quick, {})
    found = json.loads(json.dumps(report.as_json()))
    assert found["speed"]["cnn"]["pictures_per_s"] == 8000
    assert found["equal"]["cnn"]["distance_with_graphs"] is None
    assert found["quick"]["failed"] == ["why"]
    assert json.loads(json.dumps(report._replace(quick=None).as_json()))["quick"] is None


@pytest.mark.parametrize(
    "work", [work for work in WORKS if work.name in EQUAL], ids=lambda work: work.name
)
@pytest.mark.slow
def test_each_trainer_learns_from_noise(work):
    weights, batch = work.trained(1, "cpu", small=True)
    assert batch == 4
    assert all(np.isfinite(array).all() for array in weights.values())


@pytest.mark.slow
def test_without_a_gpu_the_whole_path_runs_on_the_cpu(tmp_path):
    path = tmp_path / "gpu-check.json"
    done = CliRunner().invoke(app, ["gpu-check", "--smoke", "--device", "cpu", "--out", str(path)])
    assert done.exit_code == 0, done.output
    assert "no GPU: CPU figures only" in done.output
    found = json.loads(path.read_text())
    assert list(found) == list(Report._fields)
    assert (found["schema"], found["gpu"], found["small"]) == (1, False, True)
    for name in ("pprl_vgan@ferg", "cnn", "mlp"):
        if name not in found["failures"]:  # a busy machine may take too long
            assert set(found["speed"][name]) == set(Speed._fields)
            assert found["speed"][name]["operations"] > 100
    assert found["equal"]["cnn"]["distance"] == 0
    assert found["quick"] or "quick" in found["failures"]


def test_a_path_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(check, "checked", None)
    done = CliRunner().invoke(app, ["gpu-check", "--device", "cpu", "--out", str(tmp_path)])
    assert done.exit_code == 2
