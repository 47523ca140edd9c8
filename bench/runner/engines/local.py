"""Runs a plan in this process."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from bench.runner.stage import Stage
from bench.runner.step import Outcome, step
from bench.runner.store import Store
from bench.runner.worker import Worker


@dataclass(frozen=True)
class LocalEngine:
    """Runs one stage after the other."""

    device: str = "cpu"

    @property
    def n_processes(self) -> int:
        """One."""
        return 1

    @property
    def devices(self) -> tuple[str, ...]:
        """None: all stages run in this process."""
        return ()

    def run(
        self, stages: Sequence[Stage], store: Store, goals: Sequence[Sequence[Stage]] = ()
    ) -> Iterator[Outcome]:
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
