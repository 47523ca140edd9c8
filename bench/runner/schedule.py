"""Which stage of a plan is started next, and on which worker: of the cores or of a device."""

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple, Protocol

from bench.registry import plugins
from bench.runner.fingerprint import imported_by
from bench.runner.ready_queue import ReadyQueue, Resource
from bench.runner.stage import Stage, Stages
from bench.runner.step import Outcome
from bench.runner.store import Store

# The kind of the plugin that does the work of an action.
_KINDS: Mapping[str, str] = {
    **dict.fromkeys(("fit", "protect", "encode", "reencode", "ask_again"), "defense"),
    **dict.fromkeys(("attack", "answer"), "attacker"),
}
_DEVICE_LIBRARIES = {"cupy", "facenet_pytorch", "jax", "tensorflow", "timm", "torch", "torchvision"}


class Started(NamedTuple):
    """A stage that runs."""

    stage: Stage
    device: str  # `cpu` in a worker of the cores
    for_goal: bool


class Schedule:
    """Starts the stages of a plan.

    A stage that needs a device runs on one of `devices`, of which each entry takes one stage at
    once; the other stages run on the cores that these leave, at least on one. Without devices, all
    stages run on the cores. Of either kind of workers, one works on the cheapest goal, the others
    on the longest path (see ReadyQueue). Both numbers may change while it runs; no stage starts on
    a device in `held`.
    """

    def __init__(
        self, plan: Stages, goals: Sequence[Stages], n_cores: int, devices: Sequence[str] = ()
    ) -> None:
        self.queue = ReadyQueue(plan, goals, resource_of) if devices else ReadyQueue(plan, goals)
        self.n_cores, self.devices, self._running = n_cores, devices, dict[str, Started]()
        self.held = set[str]()

    def start(self) -> Started | None:
        """The next stage, which runs until it is settled; None if none is ready or no worker free.

        Of several devices it takes the one with the most free workers.
        """
        used = [each.device for each in self._running.values() if each.device != "cpu"]
        free = [each for each in self.devices if each not in self.held]
        n_free = {each: self.devices.count(each) - used.count(each) for each in free}
        device = max(n_free, key=n_free.__getitem__, default="cpu")
        has_core = len(self._running) - len(used) < max(1, self.n_cores - len(used))
        if self.queue.has("device") and n_free.get(device):
            return self._started("device", device)
        return self._started("host", "cpu") if self.queue.has("host") and has_core else None

    def settle(self, stage: Stage, reason: str = "") -> None:
        """The stage has ended; with a reason, it has no artifact."""
        del self._running[stage.key]
        self.queue.settle(stage, reason)

    def _started(self, resource: Resource, device: str) -> Started:
        lane = [s for s in self._running.values() if (s.device == "cpu") == (device == "cpu")]
        goal_first = not any(s.for_goal for s in lane)
        stage = self.queue.pop(goal_first=goal_first, resource=resource)
        self._running[stage.key] = Started(stage, device, goal_first)
        return self._running[stage.key]


class Tasks(Protocol):
    """The stages that an engine has started."""

    @property
    def running(self) -> Collection[object]:
        """Those that have not ended."""

    def start(self, started: Started) -> None:
        """Starts a stage."""

    def ended(self) -> Iterator[Outcome]:
        """The outcomes of some, for which it waits."""


def outcomes(schedule: Schedule, store: Store, tasks: Tasks) -> Iterator[Outcome]:
    """The outcomes of the stages of a schedule as they come; a failure skips only what needs it."""
    while True:
        while started := schedule.start():
            stage = started.stage
            if reason := schedule.queue.failed_input(stage):
                yield _settled(schedule, Outcome(stage, "skipped", 0.0, reason))
            elif stage.key in store:
                yield _settled(schedule, Outcome(stage, "cached"))
            else:
                tasks.start(started)
        if not tasks.running:
            return
        for outcome in tasks.ended():
            yield _settled(schedule, outcome)


def _settled(schedule: Schedule, outcome: Outcome) -> Outcome:
    schedule.settle(outcome.stage, outcome.reason)
    return outcome


def resource_of(stage: Stage) -> Resource:
    """`device` if the code of its plugin imports a library that uses one, or if it finds faces."""
    if kind := _KINDS.get(stage.action):
        return "device" if _uses_device(kind, stage.spec.name) else "host"
    finds_faces = stage.detail.get("align") or (
        stage.action == "load" and dict(stage.spec.fields).get("align")
    )
    return "device" if finds_faces else "host"


def expected_wall_s(
    plan: Stages, goals: Sequence[Stages], n_cores: int, devices: Sequence[str] = ()
) -> float:
    """Seconds until the last of the stages has ended, if each takes as long as expected."""
    schedule, now_s = Schedule(plan, goals, n_cores, devices), 0.0
    running: list[tuple[float, int, Stage]] = []
    while True:
        while started := schedule.start():
            stage = started.stage
            heapq.heappush(running, (now_s + stage.seconds, id(stage), stage))
        if not running:
            return now_s
        now_s, _, stage = heapq.heappop(running)
        schedule.settle(stage)


@cache
def _uses_device(kind: str, name: str) -> bool:
    plugin = plugins(kind).get(name)
    return plugin is None or bool(_DEVICE_LIBRARIES & imported_by(plugin.__module__))
