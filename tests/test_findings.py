"""What the suite is for: a defense that fools the raw-trained attacker falls to the aware one."""

import pytest

from bench.runner.grid import Grid
from bench.runner.store import Store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def done(tmp_path_factory, runner):
    task = {
        "private": ["identity"],
        "data": "synthetic:people=6,takes=8,pictures=40,size=32",
        "defenses": ["pixelate:block=0.34"],
        "attackers": ["cnn:batch=48,steps=60,rounds=3"],
    }
    grid = Grid.model_validate({"name": "findings", "tasks": [task]})
    return runner(Store(tmp_path_factory.mktemp("findings")), grid)


def hits(done, defense, threat):
    (record,) = done.select(defense=defense, threat=threat, purpose="private", metric="top1")
    return record


def test_no_defense_is_broken(done):
    assert hits(done, "none", "raw").value > 0.9


def test_pixelation_fools_the_raw_attacker_and_not_the_aware_one(done):
    raw, aware = hits(done, "pixelate", "raw"), hits(done, "pixelate", "aware")
    assert raw.value < 0.6
    assert aware.value > 0.75


def test_a_constant_release_gives_nothing_away(done):
    for threat in ("raw", "aware"):
        (record,) = done.select(defense="constant", threat=threat, metric="balanced")
        assert record.value == 1 / 6


def test_shuffled_labels_teach_nothing(done):
    (record,) = done.select(purpose="permuted", metric="top1")
    assert record.low <= record.chance
    assert record.value < 2 * record.chance  # of six people the interval alone is too wide to fail
