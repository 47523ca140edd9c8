"""Runs a plan in several processes of this machine."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Pool, revealed
from bench.registry import load_file
from bench.runner.schedule import Schedule, Started
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

    Attributes:
        n_processes: how many stages run at once on the cores.
        devices: for each process that has a device, which; several may share one (see Schedule).
    """

    n_processes: int
    devices: tuple[str, ...] = ()
    plugins: tuple[Path, ...] = ()

    def run(
        self, stages: Sequence[Stage], store: Store, goals: Sequence[Sequence[Stage]] = ()
    ) -> Iterator[Outcome]:
        """The outcomes as they come; a failure skips only what needs it."""
        schedule = Schedule(stages, goals, self.n_processes, self.devices)
        pools: dict[str, Pool] = {}
        running: dict[Future[Outcome], Started] = {}
        try:
            while True:
                while started := schedule.start():
                    stage = started.stage
                    if reason := schedule.failed_input(stage):
                        yield _settled(schedule, Outcome(stage, "skipped", 0.0, reason))
                    elif stage.key in store:
                        yield _settled(schedule, Outcome(stage, "cached"))
                    else:
                        running[self._submitted(pools, started, store)] = started
                if not running:
                    return
                for outcome in self._ended(pools, running, store):
                    yield _settled(schedule, outcome)
        finally:
            for pool in pools.values():
                pool.stop() if running else pool.shutdown()

    def _submitted(self, pools: dict[str, Pool], started: Started, store: Store) -> Future[Outcome]:
        """The outcome to come; broken at once if a process of the pool died just now."""
        device = started.device
        if device not in pools:
            n = self.devices.count(device) or self.n_processes
            pools[device] = self._pool(n, device)
        try:
            return pools[device].submit(in_process, started.stage, store.root, device)
        except BrokenProcessPool as error:
            broken = Future[Outcome]()
            broken.set_exception(error)
            return broken

    def _ended(
        self, pools: dict[str, Pool], running: dict[Future[Outcome], Started], store: Store
    ) -> Iterator[Outcome]:
        """The outcomes of what ended; if a process died, of all that ran in its pool.

        Which process died is unknown, so each stage that ran there is tried alone.
        """
        done = wait(running, return_when=FIRST_COMPLETED).done
        broken = {running[job].device for job in done if _is_broken(job)}
        for device in broken:
            pools.pop(device).shutdown(wait=True, cancel_futures=True)
        for job, started in list(running.items()):
            if started.device in broken:
                yield self._alone(running.pop(job), store)
            elif job in done:
                yield _outcome(job, running.pop(job).stage)

    def _alone(self, started: Started, store: Store) -> Outcome:
        """The outcome of a stage in a process that runs nothing else."""
        with self._pool(1, started.device) as pool:
            job = pool.submit(in_process, started.stage, store.root, started.device)
            wait([job])
            return _outcome(job, started.stage)

    def _pool(self, n_processes: int, device: str) -> Pool:
        return Pool(n_processes, _start, self.plugins, device if self.devices else "")


def _settled(schedule: Schedule, outcome: Outcome) -> Outcome:
    schedule.settle(outcome.stage, outcome.reason)
    return outcome


def _is_broken(job: Future[Outcome]) -> bool:
    return isinstance(job.exception(), BrokenProcessPool)


def _outcome(job: Future[Outcome], stage: Stage) -> Outcome:
    error = job.exception()  # perhaps a plugin's SystemExit or KeyboardInterrupt
    if error is None:
        return job.result()._replace(stage=stage)
    died = "its process died (killed, or out of memory)"
    why = died if _is_broken(job) else f"its process raised {error!r}"
    return Outcome(stage, "failed", 0.0, f"{stage}: {why}")


def in_process(stage: Stage, root: Path, device: str) -> Outcome:
    """A step in a process that has other stages to run."""
    # Data sets find their files by variables that other plugins do not see.
    with revealed() if stage.action == "load" else nullcontext():
        outcome = step(stage, Store(root), Worker(device))
    if device.startswith("cuda"):
        import torch

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
