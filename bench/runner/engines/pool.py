"""Runs a plan in several processes of this machine."""

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path

from bench.registry import load_file
from bench.runner.stage import Stage
from bench.runner.step import Outcome, step
from bench.runner.store import Store
from bench.runner.worker import Worker


@dataclass(frozen=True)
class PoolEngine:
    """Runs stages whose inputs are ready side by side, each in a process of its own.

    Small networks gain nothing from threads (two threads that share a busy core are slower than
    one), so every process uses one, and results do not depend on the number of processes. Each
    process loads the files `plugins`.
    """

    n_processes: int
    device: str = "cpu"
    plugins: tuple[Path, ...] = ()

    def run(self, stages: Sequence[Stage], store: Store) -> Iterator[Outcome]:
        """The outcomes as they come; a failure skips only what needs it."""
        ready = _Ready(stages)
        pool = self._pool(self.n_processes)
        running: dict[Future[Outcome], Stage] = {}
        try:
            while ready or running:
                while ready and len(running) < self.n_processes:
                    stage = ready.pop()
                    if reason := ready.failed_input(stage):
                        yield ready.settle(Outcome(stage, "skipped", 0.0, reason))
                    elif stage.key in store:
                        yield ready.settle(Outcome(stage, "cached"))
                    else:
                        running[pool.submit(_step, stage, store.root, self.device)] = stage
                done = wait(running, return_when=FIRST_COMPLETED).done
                if any(isinstance(job.exception(), BrokenProcessPool) for job in done):
                    # Which process died is unknown, so each stage that ran is tried alone.
                    pool.shutdown(wait=True, cancel_futures=True)
                    for stage in running.values():
                        yield ready.settle(self._alone(stage, store))
                    running, pool = {}, self._pool(self.n_processes)
                    continue
                for job in done:
                    yield ready.settle(_outcome(job, running.pop(job)))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _alone(self, stage: Stage, store: Store) -> Outcome:
        """The outcome of a stage in a process that runs nothing else."""
        with self._pool(1) as pool:
            job = pool.submit(_step, stage, store.root, self.device)
            wait([job])
            return _outcome(job, stage)

    def _pool(self, n_processes: int) -> ProcessPoolExecutor:
        spawn = multiprocessing.get_context("spawn")  # a forked process cannot use a GPU
        return ProcessPoolExecutor(n_processes, spawn, _start, (self.plugins,))


class _Ready:
    """The stages whose inputs are settled, in the order of the plan."""

    def __init__(self, plan: Sequence[Stage]) -> None:
        self._failed: dict[str, str] = {}
        self._n_awaited = {stage.key: len({i.key for i in stage.needs}) for stage in plan}
        self._users: dict[str, list[Stage]] = {stage.key: [] for stage in plan}
        for stage in plan:
            for key in {needed.key for needed in stage.needs}:
                self._users[key].append(stage)
        self._position = {stage.key: position for position, stage in enumerate(plan)}
        self._stages = [stage for stage in plan if not any(stage.needs)]

    def __bool__(self) -> bool:
        return bool(self._stages)

    def pop(self) -> Stage:
        first = min(self._stages, key=lambda stage: self._position[stage.key])
        self._stages.remove(first)
        return first

    def failed_input(self, stage: Stage) -> str:
        return next((self._failed[i.key] for i in stage.needs if i.key in self._failed), "")

    def settle(self, outcome: Outcome) -> Outcome:
        if outcome.reason:
            self._failed[outcome.stage.key] = outcome.reason
        for user in self._users[outcome.stage.key]:
            self._n_awaited[user.key] -= 1
            if not self._n_awaited[user.key]:
                self._stages.append(user)
        return outcome


def _outcome(job: Future[Outcome], stage: Stage) -> Outcome:
    error = job.exception()
    if isinstance(error, KeyboardInterrupt):
        raise error
    if error is None:
        return job.result()._replace(stage=stage)
    died = isinstance(error, BrokenProcessPool)
    why = "its process died (killed, or out of memory)" if died else f"its process raised {error!r}"
    return Outcome(stage, "failed", 0.0, f"{stage}: {why}")


def _step(stage: Stage, root: Path, device: str) -> Outcome:
    return step(stage, Store(root), Worker(device))


def _start(plugins: Sequence[Path]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    for path in plugins:
        load_file(path)


def _end_with_parent() -> None:
    """Ends this process when its parent is gone: no process may survive a killed parent."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
