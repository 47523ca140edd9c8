"""Marks of attackers are provoked; tests/reports/test_truth.py does so for those of defenses."""

import sys

import numpy as np
import pytest

from bench.runner.artifacts import faces_in
from bench.runner.grid import Grid
from bench.runner.store import Store

pytestmark = pytest.mark.slow
STRONG = "linear:steps=40,rounds=3"


@pytest.fixture(scope="module")
def crowd(tmp_path_factory, runner):
    """Runs a grid about the crowd's colour, or what is asked instead."""
    store = Store(tmp_path_factory.mktemp("crowd"))

    def run(saturation=False, **task):
        usual = {
            "private": ["colour"],
            "data": "crowd",
            "attackers": [STRONG, "nearest"],
            "threats": ["raw", "aware"],
        }
        grid = {"name": "crowd", "saturation": saturation, "tasks": [usual | task]}
        return runner(store, Grid.model_validate(grid))

    return run


def marks(done, defense, **wanted):
    """Of the headline about pixels."""
    wanted = {"purpose": "headline", "metric": "leakage", "form": "pixels", "cleaned": 0} | wanted
    (line,) = done.select(defense=defense, **wanted)
    return line.marks.split(), line.reason


def of_attacker(done, attacker, **wanted):
    wanted = {"purpose": "private", "metric": "auc", "defense": "none", "threat": "raw"} | wanted
    (line,) = done.select(attacker=attacker, **wanted)
    return line.marks.split(), line.reason


def test_an_attacker_at_random_is_not_shown_strong(crowd):
    found, why = of_attacker(crowd(attackers=[STRONG, "asleep"]), "asleep")
    assert found == ["not-shown-strong"]
    assert "of the canary" in why


def test_a_strong_attacker_has_no_mark_and_finds_the_canary(crowd):
    done = crowd()
    assert of_attacker(done, "linear") == ([], "")
    (power,) = done.select(purpose="canary", metric="power", attacker="linear")
    assert 0.8 < power.value < 1.1


def test_an_unconverged_attacker_is_undertrained(crowd):
    done = crowd(attackers=["linear:steps=3,rounds=1"], defenses=["pixelate:block=0.5"])
    found, why = of_attacker(done, "linear")
    assert "undertrained" in found
    assert "while validation loss was still falling" in why


def test_a_leaking_harness_is_told(crowd, monkeypatch):
    """A bug of ours, as it might be: whatever the label is, it reaches the pictures."""

    def leaking(release):
        faces = faces_in(release)
        corner = np.where(np.asarray(faces.labels["colour"]) == 1, 255, 0)[:, None, None, None]
        return np.concatenate([faces.images[:, :, 4:], corner + 0 * faces.images[:, :, :4]], axis=2)

    for action in ("attack", "answer"):
        module = sys.modules[f"bench.runner.actions.{action}"]
        monkeypatch.setattr(module, "inputs_in", leaking)
    done = crowd(data="crowd:seed=5")  # nothing of it is in the store
    found, why = of_attacker(done, "linear")
    assert "harness-leak" in found
    assert "of shuffled labels are right" in why


def test_swapped_labels_are_told(crowd):
    found, why = of_attacker(crowd(data="crowd:people=120,swapped=true"), "linear")
    assert found == ["below-chance"]
    assert "labels swapped?" in why


def test_a_defense_that_treats_the_probe_otherwise_is_told(crowd):
    done = crowd(defenses=["shifty", "pixelate:block=0.5"])
    found, why = marks(done, "shifty")
    assert "role-shift" in found
    assert "raw-beats-aware" not in found
    assert "role-shift" not in marks(done, "pixelate")[0]
    assert "probe and attackers' releases differ" in why


def test_an_attacker_that_needs_more_data_is_told(crowd):
    done = crowd(saturation=True, attackers=["moody:fewest=150"])  # of 180
    shares = {(r.share, r.purpose) for r in done.select(attacker="moody", metric="auc")}
    assert {(0.25, "saturation"), (0.5, "saturation"), (1.0, "private")} <= shares
    found, why = marks(done, "none")
    assert found == ["data-limited"]
    assert "the second half of its training pictures added 0.4" in why or "added 0.5" in why
    enough = crowd(saturation=True, attackers=["moody"])
    assert marks(enough, "none")[0] == []


def test_a_raw_trained_attacker_that_beats_the_aware_one_is_told(crowd):
    done = crowd(data="crowd:people=120", attackers=["moody"], defenses=["framed"])
    found, why = marks(done, "framed")
    assert "raw-beats-aware" in found
    assert "trained on raw pictures, " in why
    done = crowd(data="crowd:people=120", defenses=["framed"])
    assert marks(done, "framed")[0] == []


def test_an_attacker_whose_canary_failed_is_of_unknown_strength(crowd):
    found, why = of_attacker(crowd(attackers=["shy"]), "shy")
    assert found == ["not-shown-strong"]
    assert "its strength is unknown" in why


def test_what_a_defense_does_not_promise_is_marked(crowd):
    done = crowd(defenses=["narrow", "framed"])
    assert "not-promised" in marks(done, "narrow")[0]
    assert "not-promised" not in marks(done, "framed")[0]


def test_the_controls_of_attackers_run_once_each(crowd):
    wanted = {"private": ["colour", "brightness"], "threats": ["raw", "aware", "latent"]}
    done = crowd(attackers=[STRONG, "regression:steps=5,rounds=1"], **wanted)
    canaries = {(r.attacker.split(":")[0], r.form) for r in done.select(purpose="canary")}
    assert canaries == {("linear", "pixels"), ("linear", "codes")}
    permuted = {(r.attacker.split(":")[0], r.target) for r in done.select(purpose="permuted")}
    assert permuted >= {("linear", "colour"), ("regression", "brightness")}
