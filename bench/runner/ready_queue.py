"""The order in which stages are started."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from bench.runner.stage import Stage, Stages

Resource = Literal["host", "device"]


class ReadyQueue:
    """The stages of a plan whose inputs are settled, and which of them is started next.

    That is the one with the longest path of expected seconds from its start to the end of the plan,
    so that no long training is left to the end; or the first of the cheapest goal, so that
    somebody who watches soon sees one reached. Stages of each resource are a queue of their own.
    """

    def __init__(
        self,
        plan: Stages,
        goals: Sequence[Stages] = (),
        resource_of: Callable[[Stage], Resource] = lambda stage: "host",
    ) -> None:
        """The plan has the inputs of each stage before it; those that it lacks are settled.

        A goal is reached when all its stages have ended.
        """
        self._plan, self._resources = plan, [resource_of(stage) for stage in plan]
        self._place = {stage.key: place for place, stage in enumerate(plan)}
        self._needs = [self._places(stage.needs) for stage in plan]
        self._users: list[list[int]] = [[] for _ in plan]
        for place, needs in enumerate(self._needs):
            for needed in needs:
                self._users[needed].append(place)
        self._n_awaited = [len(needs) for needs in self._needs]
        path_s = [stage.seconds for stage in plan]
        for place in reversed(range(len(plan))):
            path_s[place] += max((path_s[user] for user in self._users[place]), default=0.0)
        ranks = self._ranks([self._places(goal) for goal in goals])
        self._by_path = [(-seconds, place) for place, seconds in enumerate(path_s)]
        self._by_goal = list(zip(ranks, self._by_path, strict=True))
        self._queues: dict[Resource, _Queue] = {"host": _Queue(), "device": _Queue()}
        self._failed: dict[int, str] = {}
        for place, n in enumerate(self._n_awaited):
            if not n:
                self._push(place)

    def __bool__(self) -> bool:
        return any(queue.ready for queue in self._queues.values())

    def has(self, resource: Resource) -> bool:
        """Whether a stage that needs the resource is ready."""
        return bool(self._queues[resource].ready)

    def pop(self, *, goal_first: bool, resource: Resource = "host") -> Stage:
        """The next stage of those that need the resource."""
        queue = self._queues[resource]
        while True:
            path = heapq.heappop(queue.cheapest)[1] if goal_first else heapq.heappop(queue.longest)
            if path[1] in queue.ready:
                queue.ready.remove(path[1])
                return self._plan[path[1]]

    def failed_input(self, stage: Stage) -> str:
        """Why an input of the stage has no artifact; empty if all have."""
        needs = self._needs[self._place[stage.key]]
        return next((self._failed[place] for place in needs if place in self._failed), "")

    def settle(self, stage: Stage, reason: str = "") -> None:
        """The stage has ended; with a reason, it has no artifact."""
        place = self._place[stage.key]
        if reason:
            self._failed[place] = reason
        for user in self._users[place]:
            self._n_awaited[user] -= 1
            if not self._n_awaited[user]:
                self._push(user)

    def _places(self, stages: Iterable[Stage]) -> list[int]:
        return sorted({self._place[s.key] for s in stages if s.key in self._place})

    def _push(self, place: int) -> None:
        queue = self._queues[self._resources[place]]
        queue.ready.add(place)
        heapq.heappush(queue.longest, self._by_path[place])
        heapq.heappush(queue.cheapest, self._by_goal[place])

    def _ranks(self, goals: Sequence[Sequence[int]]) -> list[int]:
        """For each stage the rank of the cheapest goal that needs it."""
        closures = [list(self._closure(goal)) for goal in goals]
        closures.sort(key=lambda closure: sum(self._plan[place].seconds for place in closure))
        ranks = [len(closures)] * len(self._plan)
        for rank, closure in enumerate(closures):
            for place in closure:
                ranks[place] = min(ranks[place], rank)
        return ranks

    def _closure(self, goal: Sequence[int]) -> Iterator[int]:
        """The stages of a goal and all that they need."""
        seen, open_ = set(goal), list(goal)
        while open_:
            yield (place := open_.pop())
            new = [needed for needed in self._needs[place] if needed not in seen]
            seen.update(new)
            open_ += new


class _Queue:
    """The places in the plan of the stages that are ready, and heaps of them."""

    def __init__(self) -> None:
        self.ready: set[int] = set()
        self.longest: list[tuple[float, int]] = []  # these two also hold places that were popped
        self.cheapest: list[tuple[int, tuple[float, int]]] = []
