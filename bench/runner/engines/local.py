"""Runs a plan in this process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from bench.runner.stage import Stages
from bench.runner.step import Outcome, step
from bench.runner.store import Store
from bench.runner.worker import Worker


@dataclass(frozen=True)
class LocalEngine:
    """Runs one stage after the other."""

    device: str = "cpu"
    n_processes: int = 1
    devices: tuple[str, ...] = ()  # all stages run in this process

    def run(self, stages: Stages, store: Store, goals: Sequence[Stages] = ()) -> Iterator[Outcome]:
        """The outcomes in the order of the plan; a failure skips only what needs it."""
        failed: dict[str, str] = {}
        for stage in stages:
            if reason := next((failed[i.key] for i in stage.needs if i.key in failed), ""):
                outcome = Outcome(stage, "skipped", 0.0, reason)
            else:
                with threadpool_limits(1):  # as in processes: sums over threads round otherwise
                    outcome = step(stage, store, Worker(self.device))
            if outcome.reason:
                failed[stage.key] = outcome.reason
            yield outcome
