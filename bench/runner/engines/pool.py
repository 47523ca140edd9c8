"""Runs a plan in several processes of this machine."""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Pool, revealed
from bench.registry import load_file
from bench.runner.ready_queue import ReadyQueue
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

    def run(
        self, stages: Sequence[Stage], store: Store, goals: Sequence[Sequence[Stage]] = ()
    ) -> Iterator[Outcome]:
        """The outcomes as they come; a failure skips only what needs it.

        One process works on the cheapest goal, the others on the longest path (see ReadyQueue).
        """
        queue = ReadyQueue(stages, goals)
        pool = self._pool(self.n_processes)
        running: dict[Future[Outcome], tuple[Stage, bool]] = {}
        try:
            while queue or running:
                while queue and len(running) < self.n_processes:
                    goal_first = not any(for_goal for _, for_goal in running.values())
                    stage = queue.pop(goal_first=goal_first)
                    if reason := queue.failed_input(stage):
                        yield _settled(queue, Outcome(stage, "skipped", 0.0, reason))
                    elif stage.key in store:
                        yield _settled(queue, Outcome(stage, "cached"))
                    else:
                        job = self._submitted(pool, stage, store)
                        running[job] = (stage, goal_first)
                done = wait(running, return_when=FIRST_COMPLETED).done
                if any(isinstance(job.exception(), BrokenProcessPool) for job in done):
                    # Which process died is unknown, so each stage that ran is tried alone.
                    pool.shutdown(wait=True, cancel_futures=True)
                    for stage, _ in running.values():
                        yield _settled(queue, self._alone(stage, store))
                    running, pool = {}, self._pool(self.n_processes)
                    continue
                for job in done:
                    yield _settled(queue, _outcome(job, running.pop(job)[0]))
        finally:
            pool.stop() if running else pool.shutdown()

    def _submitted(self, pool: Pool, stage: Stage, store: Store) -> Future[Outcome]:
        """The outcome to come; broken at once if a process of the pool died just now."""
        try:
            return pool.submit(_step, stage, store.root, self.device)
        except BrokenProcessPool as error:
            broken = Future[Outcome]()
            broken.set_exception(error)
            return broken

    def _alone(self, stage: Stage, store: Store) -> Outcome:
        """The outcome of a stage in a process that runs nothing else."""
        with self._pool(1) as pool:
            job = pool.submit(_step, stage, store.root, self.device)
            wait([job])
            return _outcome(job, stage)

    def _pool(self, n_processes: int) -> Pool:
        return Pool(n_processes, _start, self.plugins)


def _settled(queue: ReadyQueue, outcome: Outcome) -> Outcome:
    queue.settle(outcome.stage, outcome.reason)
    return outcome


def _outcome(job: Future[Outcome], stage: Stage) -> Outcome:
    error = job.exception()  # perhaps a plugin's SystemExit or KeyboardInterrupt
    if error is None:
        return job.result()._replace(stage=stage)
    died = isinstance(error, BrokenProcessPool)
    why = "its process died (killed, or out of memory)" if died else f"its process raised {error!r}"
    return Outcome(stage, "failed", 0.0, f"{stage}: {why}")


def _step(stage: Stage, root: Path, device: str) -> Outcome:
    # Data sets find their files by variables that other plugins do not see.
    with revealed() if stage.action == "load" else nullcontext():
        return step(stage, Store(root), Worker(device))


def _start(plugins: Sequence[Path]) -> None:
    for path in plugins:
        load_file(path)
