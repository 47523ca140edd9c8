"""Measures all, part by part, within a time limit."""

import os
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from functools import partial
from typing import TypeVar

from bench.device_check import measures
from bench.device_check.figures import SCHEMA, Equal, Report, Speed
from bench.device_check.works import EQUAL, N_SMOKE, WORKS
from bench.processes import Pool

T = TypeVar("T")

BUDGET_S = 235.0  # of all parts
QUICK_S, SMOKE_QUICK_S = 60.0, 10.0  # of these, for `quick`
START_S = 30.0  # for its start and end
JOB_S = 50.0  # for each of the other parts


def checked(device: str, *, smoke: bool, tell: Callable[[str], None]) -> Report:
    """All figures; a part that fails, or takes too long, costs itself only.

    Args:
        device: `cpu`, or a GPU.
        smoke: measure a few small networks only; without a GPU, all networks are small.
        tell: takes a line about each part that ended.
    """
    small, works = smoke or device == "cpu", WORKS[:N_SMOKE] if smoke else WORKS
    plain, replayed = dict[str, Speed](), dict[str, Speed]()
    os.environ.setdefault("KINETO_LOG_LEVEL", "9")  # the profiler of torch would tell of its steps
    equal = dict[str, Equal]()
    with closing(_Jobs(time.monotonic() + BUDGET_S - QUICK_S - START_S, tell)) as jobs:
        facts = jobs.run("device", partial(measures.facts, device)) or {}
        for work in works:
            near = partial(measures.equality, work, device)
            if work.name in EQUAL and (found := jobs.run(f"equality of {work.name}", near)):
                equal[work.name] = found
        for work in works:
            for graphs in (False, True)[: 1 + (device != "cpu")]:
                job = partial(measures.speed, work, device, small=small, graphs=graphs)
                if speed := jobs.run(f"{work.name}{' with graphs' if graphs else ''}", job):
                    (replayed if graphs else plain)[work.name] = speed
        limit_s = SMOKE_QUICK_S if smoke else QUICK_S
        quick = jobs.run("quick", partial(measures.quick, device, limit_s), limit_s + START_S)
    return Report(
        SCHEMA, device != "cpu", small, facts, equal, plain, replayed, quick, jobs.failures
    )


class _Jobs:
    """Runs functions, one after the other, in a process that is replaced when one breaks it."""

    def __init__(self, end: float, tell: Callable[[str], None]) -> None:
        self.failures: dict[str, str] = {}
        self._end, self._tell, self._pool = end, tell, Pool(1)

    def close(self) -> None:
        """Ends the process."""
        self._pool.stop()

    def run(self, name: str, job: Callable[[], T], limit_s: float = 0.0) -> T | None:
        """What the job returns; or None, and `failures` says why."""
        limit_s = limit_s or min(JOB_S, self._end - time.monotonic())
        if limit_s <= 0:
            self.failures[name] = "no time was left"
            return None
        future = self._pool.submit(job)
        try:
            error = future.exception(limit_s)
        except TimeoutError:
            error = TimeoutError(f"took over {limit_s:.0f} s")
        if isinstance(error, TimeoutError | BrokenProcessPool):
            self._pool.stop()
            self._pool = Pool(1)
        if error:
            self.failures[name] = f"{type(error).__name__}: {error}"
        self._tell(f"{name}: {self.failures.get(name, 'done')}")
        return None if error else future.result()
