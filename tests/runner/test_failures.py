"""A plugin that misbehaves costs its own cells and no others."""

import re

import pytest

DEFENSES = {
    "raises": "the plugin fell over",
    "nan": "NaN or infinity",
    "shape": "protect to return pictures",
    "dtype": "expected uint8 or floats",
    "rows": "protect to return pictures",
    "range": "expected floats in 0..1",
}
ATTACKERS = {
    "raises": "the plugin fell over",
    "nan": "finite floats",
    "classes": r"to return \(\d+, 6\), got float32 \(\d+, 5\)",
    "rows": r"to return \(\d+, 6\), got float32 \(\d+, 6\)",
    "integers": "finite floats",
    "weights": "float32 or integer arrays",
}


@pytest.mark.parametrize("how", DEFENSES)
def test_failure_of_a_defense_spares_the_other_cells(how, run):
    done = run(defenses=[f"broken_defense:how={how}", "pixelate"])
    lost = done.select(defense="broken_defense", purpose="private")
    assert {record.status for record in lost} == {"failed"}
    assert all(DEFENSES[how] in record.reason for record in lost)
    assert {r.status for r in done.select(defense="pixelate", metric="top1")} == {"ok"}


@pytest.mark.parametrize("how", ATTACKERS)
def test_failure_of_an_attacker_spares_the_other_cells(how, run):
    done = run(attackers=[f"broken_attacker:how={how}", "memory"])
    lost = done.select(attacker="broken_attacker", purpose="private")
    assert {record.status for record in lost} == {"failed"}
    assert all(re.search(ATTACKERS[how], record.reason) for record in lost)
    assert {r.status for r in done.select(attacker="memory", metric="top1")} == {"ok"}
    headline = done.select(purpose="headline", defense="none")[0]
    assert headline.marks == "incomplete"
    assert "incomplete: 2 of 4 attacks failed" in headline.reason


def test_a_failed_stage_is_not_kept_and_what_needs_it_is_skipped(run):
    done = run(defenses=["broken_defense"])
    status = {o.status for o in done.outcomes if "broken" in o.reason}
    assert status == {"failed", "skipped"}
    assert not any(o.stage.key in done.store for o in done.outcomes if o.reason)


def test_what_means_nothing_is_not_asked(run):
    done = run(data="toy:people=8,protocol=open", threats=["raw", "lazy", "latent"])
    asked = done.select(purpose="private", attacker="memory")
    assert {record.reason for record in asked} == {
        "classifiers cannot identify unseen people (protocol open); use a matcher"
    }
