"""Runs a plan: a schedule around one function, `step`."""

import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, Protocol

from bench.runner.actions import ACTIONS
from bench.runner.stage import Stage
from bench.runner.store import Store
from bench.runner.worker import Worker

Status = Literal["done", "cached", "failed", "skipped"]
_KIB = 1024 if sys.platform == "linux" else 1  # of ru_maxrss: KiB on Linux, bytes on macOS


class Outcome(NamedTuple):
    """What became of a stage.

    Attributes:
        seconds: that it took now; 0 if it was cached or skipped.
        reason: why it failed or was skipped.
    """

    stage: Stage
    status: Status
    seconds: float = 0.0
    reason: str = ""


class Engine(Protocol):
    """Anything that can run a plan."""

    def run(self, plan: Sequence[Stage], store: Store) -> Iterator[Outcome]:
        """The outcome of each stage, once, as they come; results are in the store."""
        ...


@dataclass(frozen=True)
class LocalEngine:
    """Runs one stage after the other in this process."""

    worker: Worker = field(default_factory=Worker)

    def run(self, plan: Sequence[Stage], store: Store) -> Iterator[Outcome]:
        """The outcomes in the order of the plan; a failure skips only what needs it."""
        lost: dict[str, str] = {}
        for stage in plan:
            reason = next((lost[i.key] for i in stage.inputs if i.key in lost), "")
            outcome = (
                Outcome(stage, "skipped", 0.0, reason)
                if reason
                else step(stage, store, self.worker)
            )
            if outcome.reason:
                lost[stage.key] = outcome.reason
            yield outcome


def step(stage: Stage, store: Store, worker: Worker) -> Outcome:
    """Makes a stage's artifact unless the store has it; never raises what a plugin raises."""
    if stage.key in store:
        return Outcome(stage, "cached")
    start = time.perf_counter()
    with store.lock(stage.key):
        if stage.key in store:  # another process made it while we waited
            return Outcome(stage, "cached")
        try:
            inputs = [store.get(needed.key) for needed in stage.inputs]
            with store.scratch(stage.key) as scratch:
                artifact = ACTIONS[stage.action](stage, inputs, replace(worker, scratch=scratch))
                seconds = time.perf_counter() - start
                store.put(stage.key, artifact, _recipe(stage, seconds, worker.device))
        except Exception as error:  # whatever a plugin raises, the other cells must live
            seconds = time.perf_counter() - start
            return Outcome(stage, "failed", seconds, f"{stage}: {type(error).__name__}: {error}")
    return Outcome(stage, "done", seconds)


def expected_seconds(plan: Sequence[Stage], store: Store) -> Mapping[str, float]:
    """Seconds by key for the stages of the plan that are not in the store.

    Guessed from the same action and plugin, else the same action, in the store; nan if unknown.
    """
    known: dict[str, list[float]] = {}
    for key in store:
        recipe = store.recipe(key)
        for name in (f"{recipe['action']} {recipe['plugin']}", str(recipe["action"])):
            known.setdefault(name, []).append(float(str(recipe["seconds"])))
    mean = {name: sum(seconds) / len(seconds) for name, seconds in known.items()}
    return {
        stage.key: mean.get(
            f"{stage.action} {stage.spec.name}", mean.get(stage.action, float("nan"))
        )
        for stage in plan
        if stage.key not in store
    }


def _recipe(stage: Stage, seconds: float, device: str) -> Mapping[str, object]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB
    cost = {"seconds": round(seconds, 3), "peak_memory_mb": peak >> 20, "device": device}
    return {**stage.recipe, **cost}
