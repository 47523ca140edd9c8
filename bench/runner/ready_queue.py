"""The order in which stages are started."""

import heapq
from collections.abc import Iterable, Iterator, Sequence

from bench.runner.stage import Stage


class ReadyQueue:
    """The stages of a plan whose inputs are settled, and which of them is started next.

    That is the one with the longest path of expected seconds from its start to the end of the plan,
    so that no long training is left to the end; or the first of the cheapest goal, so that
    somebody who watches soon sees one reached.
    """

    def __init__(self, plan: Sequence[Stage], goals: Sequence[Sequence[Stage]] = ()) -> None:
        """The plan has the inputs of each stage before it; those that it lacks are settled.

        A goal is reached when all its stages have ended.
        """
        self._plan = plan
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
        self._longest: list[tuple[float, int]] = []  # heaps of what is ready
        self._cheapest: list[tuple[int, tuple[float, int]]] = []
        self._ready: set[int] = set()
        self._failed: dict[int, str] = {}
        for place, n in enumerate(self._n_awaited):
            if not n:
                self._push(place)

    def __bool__(self) -> bool:
        return bool(self._ready)

    def pop(self, *, goal_first: bool) -> Stage:
        """The next stage."""
        while True:
            place = heapq.heappop(self._cheapest)[1][1] if goal_first else self._pop_longest()
            if place in self._ready:
                self._ready.remove(place)
                return self._plan[place]

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
        self._ready.add(place)
        heapq.heappush(self._longest, self._by_path[place])
        heapq.heappush(self._cheapest, self._by_goal[place])

    def _pop_longest(self) -> int:
        return heapq.heappop(self._longest)[1]

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


def expected_wall_s(
    plan: Sequence[Stage], goals: Sequence[Sequence[Stage]], n_workers: int
) -> float:
    """Seconds until the last of the stages has ended, if each takes as long as expected."""
    queue, now_s = ReadyQueue(plan, goals), 0.0
    running: list[tuple[float, int, Stage, bool]] = []
    while queue or running:
        while queue and len(running) < n_workers:
            goal_first = not any(job[3] for job in running)
            stage = queue.pop(goal_first=goal_first)
            heapq.heappush(running, (now_s + stage.seconds, id(stage), stage, goal_first))
        now_s, _, stage, _ = heapq.heappop(running)
        queue.settle(stage)
    return now_s
