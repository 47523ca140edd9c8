import heapq
import random

import pytest

from bench.runner.ready_queue import ReadyQueue
from bench.runner.schedule import Schedule, expected_wall_s, resource_of
from bench.runner.stage import Stage
from bench.spec import Spec

GPUS = ("cuda:0", "cuda:1") * 2


def stage(action, name, seconds, *needs, fields=(), **detail):
    spec = Spec(name, "", tuple(fields))
    return Stage(action, spec, {"needs": needs}, detail, "", spec, seconds=seconds)


def all_started(schedule):
    """What starts before anything ends, as (name, device)."""
    started = iter(schedule.start, None)
    return [(each.stage.spec.name, each.device) for each in started]


@pytest.fixture
def plan():
    """Of 4 stages that need a device and 4 that do not, the later the longer."""
    data = [stage("split", f"data{n}", n + 1.0) for n in range(4)]
    return data + [stage("attack", "mlp", 10.0 * (n + 1), seed=n) for n in range(4)]


@pytest.mark.parametrize(
    ("action", "name", "expected"),
    [
        *(("fit", "pprl_vgan", "device"), ("protect", "san", "device"), ("fit", "card", "device")),
        *(
            ("protect", "blur", "host"),
            ("encode", "eigenface", "host"),
            ("ask_again", "mask", "host"),
        ),
        *(
            ("attack", "cnn", "device"),
            ("answer", "matcher", "device"),
            ("attack", "bits", "device"),
        ),
        *(("attack", "knn", "host"), ("answer", "nearest", "host"), ("attack", "linkage", "host")),
        *(("load", "synthetic", "host"), ("split", "lfw", "host"), ("measure", "san", "host")),
        *(
            ("clean", "lfw", "host"),
            ("plant_trace", "lfw", "host"),
            ("attack", "unheard", "device"),
        ),
    ],
)
def test_a_stage_needs_a_device_if_its_plugin_uses_a_library_for_one(action, name, expected):
    assert resource_of(stage(action, name, 1.0)) == expected


def test_what_finds_faces_needs_a_device():
    assert resource_of(stage("load", "lfw", 1.0, fields=[("align", True)])) == "device"
    assert resource_of(stage("load", "lfw", 1.0, fields=[("align", False)])) == "host"
    assert resource_of(stage("measure", "blur", 1.0, align=1)) == "device"


def test_device_stages_run_on_all_devices_at_once_beside_host_stages(plan):
    started = all_started(Schedule(plan, (), 6, GPUS))
    assert [device for name, device in started if name == "mlp"] == [*GPUS]
    assert [name for name, device in started if device == "cpu"] == ["data3", "data2"]  # 6 - 4


def test_one_core_is_left_to_host_stages(plan):
    assert all_started(Schedule(plan, (), 2, GPUS))[-1] == ("data3", "cpu")


def test_host_stages_take_all_cores_while_no_device_stage_runs(plan):
    assert len(all_started(Schedule(plan[:4], (), 4, GPUS))) == 4


def test_each_lane_starts_with_the_cheapest_goal_and_then_the_longest_path(plan):
    schedule = Schedule(plan, [[plan[1]], [plan[5]]], 4, ("cuda:0", "cuda:0"))
    started = list(iter(schedule.start, None))
    assert [each.stage.seconds for each in started if each.device == "cuda:0"] == [20, 40]
    assert [each.stage.seconds for each in started if each.device == "cpu"] == [2, 4]
    schedule.settle(started[1].stage)
    assert schedule.start().stage.seconds == 30


def test_a_device_whose_stage_ended_takes_the_next(plan):
    more = [*plan, stage("attack", "mlp", 5.0, seed=9)]
    schedule = Schedule(more, (), 1, GPUS)
    running = {}
    while started := schedule.start():
        running[started.stage.seconds] = started
    schedule.settle(running[30.0].stage)
    assert schedule.start().device == running[30.0].device


def test_expected_time_packs_stages_on_the_workers():
    data = stage("split", "data", 1)
    quick, training = stage("split", "quick", 2, data), stage("split", "training", 50, data)
    attack = stage("split", "attack", 5, training)
    plan = [data, quick, stage("split", "middle", 9, data), training, attack]
    assert expected_wall_s(plan, [], 1) == 67
    assert expected_wall_s(plan, [], 2) == 1 + 50 + 5  # the rest runs beside the training
    assert expected_wall_s([], [], 2) == 0


def test_expected_time_of_two_lanes_is_that_of_the_longer(plan):
    assert expected_wall_s(plan, (), 1) == 1 + 2 + 3 + 4 + 10 + 20 + 30 + 40
    assert expected_wall_s(plan, (), 1, ("cuda:0",)) == 100
    assert expected_wall_s(plan, (), 1, GPUS) == 40


def previous_order(plan, goals, n_workers):
    """The schedule of version 0.1, which knew no devices: when each stage starts."""
    queue, now_s, running, found = ReadyQueue(plan, goals), 0.0, [], []
    while queue or running:
        while queue and len(running) < n_workers:
            goal_first = not any(job[3] for job in running)
            each = queue.pop(goal_first=goal_first)
            found.append((now_s, each.key))
            heapq.heappush(running, (now_s + each.seconds, each.key, each, goal_first))
        now_s, _, each, _ = heapq.heappop(running)
        queue.settle(each)
    return found


@pytest.mark.parametrize("n_workers", [1, 2, 5])
def test_without_devices_stages_start_as_before(n_workers):
    draw, plan = random.Random(n_workers), []
    for n in range(60):
        needs = draw.sample(plan, min(len(plan), draw.randrange(3)))
        plan.append(stage(draw.choice(["split", "fit"]), f"s{n}", draw.random(), *needs))
    goals = [[each] for each in draw.sample(plan, 6)]
    schedule, now_s, running, found = Schedule(plan, goals, n_workers), 0.0, [], []
    while True:
        while started := schedule.start():
            assert started.device == "cpu"
            found.append((now_s, started.stage.key))
            end_s = now_s + started.stage.seconds
            heapq.heappush(running, (end_s, started.stage.key, started.stage))
        if not running:
            break
        now_s, _, each = heapq.heappop(running)
        schedule.settle(each)
    assert found == previous_order(plan, goals, n_workers)
    assert len(found) == 60
