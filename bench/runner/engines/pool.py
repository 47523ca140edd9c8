"""Runs a plan in several processes of this machine."""

import gc
import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Pool, revealed
from bench.registry import load_file
from bench.runner.schedule import Schedule, Started, outcomes
from bench.runner.stage import Stage, Stages
from bench.runner.step import Outcome, step
from bench.runner.store import Store
from bench.runner.worker import Worker

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PoolEngine:
    """Runs stages whose inputs are ready side by side, each in a process of its own.

    Small networks gain nothing from threads (two threads that share a busy core are slower than
    one), so every process uses one, and results do not depend on the number of processes. Each
    process loads the files `plugins`.

    Attributes:
        n_processes: how many stages run at once on the cores.
        devices: for each process that has a device, which; several may share one (see Schedule).
    """

    n_processes: int
    devices: tuple[str, ...] = ()
    plugins: tuple[Path, ...] = ()

    def run(self, stages: Stages, store: Store, goals: Sequence[Stages] = ()) -> Iterator[Outcome]:
        """The outcomes as they come; a failure skips only what needs it."""
        schedule = Schedule(stages, goals, self.n_processes, self.devices)
        with closing(_Tasks(self, store, schedule)) as tasks:
            yield from outcomes(schedule, store, tasks)

    def pool(self, device: str, n_processes: int = 0) -> Pool:
        """Processes for a device, as many as may run there at once unless stated."""
        n = n_processes or self.devices.count(device) or self.n_processes
        return Pool(n, _start, self.plugins, device if self.devices else "")


class _Tasks:
    """The stages that run in the pools of an engine; each device has a pool."""

    def __init__(self, engine: PoolEngine, store: Store, schedule: Schedule) -> None:
        self.running: dict[Future[Outcome], Started] = {}
        self._engine, self._store, self._schedule = engine, store, schedule
        self._pools: dict[str, Pool] = {}
        self._again: list[Started] = []  # that wait until their device is theirs alone
        self._alone: dict[str, Started] = {}  # by key: those, and those that run alone

    def start(self, started: Started) -> None:
        """Hands a stage to a process; it has ended at once if one of its pool died just now."""
        device = started.device
        if device not in self._pools:
            self._pools[device] = self._engine.pool(device)
        try:
            job = self._pools[device].submit(in_process, started.stage, self._store.root, device)
        except BrokenProcessPool as error:
            job = Future[Outcome]()
            job.set_exception(error)
        self.running[job] = started

    def ended(self) -> Iterator[Outcome]:
        """The outcomes of what ended; if a process died, of all that ran in its pool.

        Which process died is unknown, so each stage that ran there is tried alone. One that ran out
        of the device's memory runs again, once, when nothing else is on it.
        """
        done = wait(self.running, return_when=FIRST_COMPLETED).done
        broken = {self.running[job].device for job in done if _is_broken(job)}
        for device in broken:
            self._pools.pop(device).shutdown(wait=True, cancel_futures=True)
        for job, started in list(self.running.items()):
            if job in done or started.device in broken:
                del self.running[job]
                alone = started.device in broken
                outcome = self._in_own_pool(started) if alone else _outcome(job, started.stage)
                if not self._is_tried_again(started, outcome):
                    yield outcome
        for started in list(self._again):
            if all(each.device != started.device for each in self.running.values()):
                self._again.remove(started)
                self.start(started)

    def close(self) -> None:
        """Ends the processes."""
        for pool in self._pools.values():
            pool.stop() if self.running else pool.shutdown()

    def _is_tried_again(self, started: Started, outcome: Outcome) -> bool:
        """Whether a stage lacked memory while others used the device; holds the device for it."""
        tried = self._alone.pop(started.stage.key, None)
        lacks = started.device != "cpu" and out_of_memory(outcome)
        if lacks and not tried:
            text = "%s: out of memory on %s; runs again when nothing else is there"
            _log.warning(text, started.stage, started.device)
            self._alone[started.stage.key] = started
            self._again.append(started)
        self._schedule.held = {each.device for each in self._alone.values()}
        return lacks and not tried

    def _in_own_pool(self, started: Started) -> Outcome:
        """The outcome of a stage in a process that runs nothing else."""
        with self._engine.pool(started.device, 1) as pool:
            job = pool.submit(in_process, started.stage, self._store.root, started.device)
            wait([job])
            return _outcome(job, started.stage)


def _is_broken(job: Future[Outcome]) -> bool:
    return isinstance(job.exception(), BrokenProcessPool)


def _outcome(job: Future[Outcome], stage: Stage) -> Outcome:
    error = job.exception()  # perhaps a plugin's SystemExit or KeyboardInterrupt
    if error is None:
        return job.result()._replace(stage=stage)
    died = "its process died (killed, or out of memory)"
    why = died if _is_broken(job) else f"its process raised {error!r}"
    return Outcome(stage, "failed", 0.0, f"{stage}: {why}")


def out_of_memory(outcome: Outcome) -> bool:
    """Whether a stage failed because a device had too little memory, as torch tells it."""
    return outcome.reason.startswith(f"{outcome.stage}: OutOfMemoryError: ")


def in_process(stage: Stage, root: Path, device: str) -> Outcome:
    """A step in a process that has other stages to run."""
    # Data sets find their files by variables that other plugins do not see.
    with revealed() if stage.action == "load" else nullcontext():
        outcome = step(stage, Store(root), Worker(device))
    if device.startswith("cuda"):
        import torch

        gc.collect()  # what a failed stage left holds memory
        torch.cuda.empty_cache()  # the processes share its memory
    return outcome


def _start(plugins: Sequence[Path], device: str) -> None:
    """Loads plugins; with a device, this process uses no other."""
    if device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    elif device.startswith("cuda"):
        import torch

        torch.cuda.set_device(device)
    for path in plugins:
        load_file(path)
