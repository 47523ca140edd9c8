"""Measures a device; each function runs in a process of its own."""

import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from bench.api import Weights
from bench.device_check.figures import Equal, Facts, Quick, Speed
from bench.device_check.works import Work
from bench.processes import n_cores
from bench.runner.cells import cells
from bench.runner.engines.options import engine_of
from bench.runner.fingerprint import libraries
from bench.runner.grid import read
from bench.runner.plan import plan
from bench.runner.schedule import resource_of
from bench.runner.store import Store

if TYPE_CHECKING:
    from torch.autograd.profiler_util import EventList

# GPUs train in bf16, whose numbers have 8 bits; a replayed step is the same step.
TOLERANCE, TOLERANCE_WITH_GRAPHS = 0.05, 0.01
N_EQUAL = 6  # steps; more than those that precede a capture
N_TIMED = 4  # steps at first, where networks are small
MATMUL = 8192  # side of the matrices whose product shows the largest speed
PEAK = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L4": 121e12}  # bf16, data sheets, FLOP/s


def facts(device: str) -> Facts:
    """Name, memory and versions, and the FLOP/s of a large product of matrices."""
    import torch

    found: dict[str, str | int | float | None] = {**libraries(), "cores": n_cores()}
    found |= {"python": platform.python_version(), "name": platform.machine()}
    kind, side = torch.float32, MATMUL // 16
    if device.startswith("cuda"):
        about, kind, side = torch.cuda.get_device_properties(device), torch.bfloat16, MATMUL
        found |= {"name": about.name, "memory_mb": about.total_memory >> 20}
        found |= {"n_devices": torch.cuda.device_count(), "cuda": torch.version.cuda}
        found["data_sheet_flops_per_s"] = next((PEAK[k] for k in PEAK if k in about.name), None)
    factor = torch.ones(side, side, dtype=kind, device=device)

    def multiply(n: int) -> None:
        for _ in range(n):
            factor.mm(factor)
        float(factor[0, 0])  # waits

    return {**found, "matmul_flops_per_s": 2 * side**3 / _step_s(multiply, N_TIMED)}


def equality(work: Work, device: str) -> Equal:
    """How far weights are from those of the CPU, and those of graphs from those without."""
    wanted, found = (work.trained(N_EQUAL, at, small=True)[0] for at in ("cpu", device))
    replayed = None
    if device != "cpu":
        again = work.trained(N_EQUAL, device, small=True, graphs=True)[0]
        replayed = _distance(found, again)
    return Equal(_distance(wanted, found), TOLERANCE, replayed, TOLERANCE_WITH_GRAPHS)


def speed(work: Work, device: str, *, small: bool, graphs: bool) -> Speed:
    """Figures of a step: differences between trainings, without what is done once in each."""
    from torch.profiler import ProfilerActivity, profile
    from torch.utils.flop_counter import FlopCounterMode

    batch = 0

    def fit(n_steps: int) -> None:
        nonlocal batch
        batch = work.trained(n_steps, device, small=small, graphs=graphs)[1]

    def counts(n_steps: int) -> Mapping[str, float]:
        kinds = [ProfilerActivity.CPU, ProfilerActivity.CUDA][: 1 + (device != "cpu")]
        counter = FlopCounterMode(display=False)
        with profile(activities=kinds) as profiler, counter:
            fit(n_steps)
        return {**_counts(profiler.key_averages()), "flops": counter.get_total_flops()}

    step_s, few = _step_s(fit, N_TIMED if small else work.n_timed), N_EQUAL if graphs else 1
    first, second = counts(few), counts(2 * few)
    each = {name: (second[name] - first[name]) / few for name in first}
    flops, busy_s = each.pop("flops"), each.pop("busy_s")
    flops_per_s = None if graphs else flops / step_s  # a replay calls nothing that is counted
    return Speed(batch, 1e3 * step_s, batch / step_s, flops_per_s, busy_s / step_s, **each)


def quick(device: str, limit_s: float) -> Quick:
    """Runs the grid in an empty store."""
    lanes, done_s, n_done, start = {"host": 0.0, "device": 0.0}, 0.0, 0, time.monotonic()
    with TemporaryDirectory() as folder:
        store, engine, failed = Store(Path(folder)), engine_of(device, 0), list[str]()
        planned = plan(list(cells(read("quick"))), store.root)
        for outcome in engine.run(planned.stages, store, [goal.stages for goal in planned.goals]):
            lanes[resource_of(outcome.stage)] += outcome.seconds
            done_s, n_done = done_s + outcome.stage.seconds, n_done + 1
            failed += [outcome.reason] if outcome.status == "failed" else []
            if time.monotonic() - start > limit_s:
                break
        seconds = time.monotonic() - start
    expected_s = seconds * sum(each.seconds for each in planned.stages) / done_s
    workers, n_stages = (engine.n_processes, len(engine.devices)), len(planned.stages)
    times = (seconds, expected_s, *workers, lanes["host"], lanes["device"])
    return Quick(n_stages, n_done, *times, tuple(failed))


def _step_s(fit: Callable[[int], object], n: int) -> float:
    """Seconds of a step, from n steps and twice as many; from more, if these differ too little."""
    fit(n)  # what is done once in a process
    while True:
        seconds = []
        for n_steps in (n, 2 * n):
            start = time.perf_counter()
            fit(n_steps)
            seconds.append(time.perf_counter() - start)
        if seconds[1] - seconds[0] > min(0.5, 0.4 * seconds[0]):
            return (seconds[1] - seconds[0]) / n
        n *= 4


def _distance(wanted: Weights, found: Weights) -> float:
    names = [name for name, array in wanted.items() if array.dtype == np.float32]
    a, b = (np.concatenate([each[name].ravel() for name in names]) for each in (wanted, found))
    return float(np.linalg.norm(a - b) / np.linalg.norm(a))


def _counts(events: "EventList") -> dict[str, float]:
    """Calls by the names that the profiler of torch gives them, and seconds of the GPU."""
    found = dict.fromkeys(("operations", "launches", "waits", "copies", "busy_s"), 0.0)
    for event in events:
        name = event.key
        found["operations"] += event.count * name.startswith("aten::")
        found["launches"] += event.count * name.startswith(("cudaLaunch", "cudaGraphLaunch", "cuL"))
        found["waits"] += event.count * ("Synchronize" in name)
        found["copies"] += event.count * name.startswith("cudaMemcpy")
        if str(event.device_type).endswith("CUDA"):  # kernels; others count them again
            found["busy_s"] += event.self_device_time_total / 1e6
    return found
