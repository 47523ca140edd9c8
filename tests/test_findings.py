"""What the suite is for: a defense that fools the raw-trained attacker falls to the aware one."""

import pytest

from bench.runner.grid import Grid
from bench.runner.store import Store


def hits(done, defense, threat):
    (record,) = done.select(defense=defense, threat=threat, purpose="private", metric="top1")
    return record


@pytest.mark.slow
def test_pixelation_fools_the_raw_attacker_and_not_the_aware_one(tmp_path, runner):
    """One test, for the run takes long: a fixture would be made in each process of the tests."""
    task = {
        "private": ["identity"],
        "data": "synthetic:people=6,takes=8,pictures=40,size=32",
        "defenses": ["pixelate:block=0.34"],
        "attackers": ["cnn:batch=48,steps=50,rounds=2"],
    }
    grid = Grid.model_validate({"name": "findings", "tasks": [task]})
    done = runner(Store(tmp_path), grid)
    assert hits(done, "none", "raw").value > 0.9
    assert hits(done, "pixelate", "raw").value < 0.6
    assert hits(done, "pixelate", "aware").value > 0.75
    for threat in ("raw", "aware"):  # a constant release gives nothing away
        (record,) = done.select(defense="constant", threat=threat, metric="balanced")
        assert record.value == 1 / 6
    (record,) = done.select(purpose="permuted", metric="top1")  # shuffled labels teach nothing
    assert record.low <= record.chance
    assert record.value < 2 * record.chance  # of six people the interval alone is too wide to fail
