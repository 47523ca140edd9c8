import pytest

from bench.runner.ready_queue import ReadyQueue
from bench.runner.stage import Stage
from bench.spec import Spec


def stage(name, seconds, *needs):
    spec = Spec(name, "", ())
    return Stage("load", spec, {"needs": needs}, {}, "", spec, seconds=seconds)


def order(queue, goal_first):
    found = []
    while queue:
        found.append(queue.pop(goal_first=goal_first))
        queue.settle(found[-1])
    return [one.spec.name for one in found]


@pytest.fixture
def plan():
    """Two goals: a cheap one of `data` and `quick`, a dear one that needs a long training."""
    data = stage("data", 1)
    quick, training = stage("quick", 2, data), stage("training", 50, data)
    return [data, quick, stage("middle", 9, data), training, stage("attack", 5, training)]


def test_the_longest_remaining_path_starts_first(plan):
    assert order(ReadyQueue(plan), goal_first=False) == [
        *("data", "training", "middle", "attack", "quick")
    ]


def test_the_cheapest_goal_is_reached_first(plan):
    goals = [[plan[4]], [plan[1]], [plan[2]]]
    assert order(ReadyQueue(plan, goals), goal_first=True) == [
        *("data", "quick", "middle", "training", "attack")
    ]


def test_a_stage_waits_for_all_its_inputs_and_learns_why_one_failed(plan):
    queue = ReadyQueue(plan)
    data = queue.pop(goal_first=False)
    assert not queue
    queue.settle(data, "no disk")
    training = queue.pop(goal_first=False)
    assert queue.failed_input(training) == "no disk"
    queue.settle(training, queue.failed_input(training))
    attack = [queue.pop(goal_first=False) for _ in range(3)][1]
    assert queue.failed_input(attack) == "no disk"


def test_inputs_that_the_plan_lacks_are_settled(plan):
    assert order(ReadyQueue(plan[3:]), goal_first=False) == ["training", "attack"]


def test_each_stage_is_started_once_whichever_way(plan):
    queue, found = ReadyQueue(plan, [[plan[1]]]), []
    while queue:
        found.append(queue.pop(goal_first=len(found) % 2 == 1))
        queue.settle(found[-1])
    assert len({one.key for one in found}) == len(found) == 5
