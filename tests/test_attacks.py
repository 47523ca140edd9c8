import pytest

from bench.api import Attacker
from bench.attacks import ATTACKS, attack
from bench.registry import make
from bench.runner.grid import read
from bench.threats import threat


def test_each_attack_can_be_made():
    assert {*ATTACKS} >= {"raw_identifier", "aware_identifier", "latent_identifier"}
    assert {*ATTACKS} >= {"gender", "face_matcher"}
    for found in ATTACKS.values():
        attacker = make(Attacker, found.attacker)
        assert all(threat(spec).reads in attacker.forms for spec in found.threats)
        assert not attacker.frozen


def test_attackers_are_those_of_the_grid_quick():
    used = {spec for task in read("quick").tasks for spec in task.attackers}
    assert {found.attacker for found in ATTACKS.values()} <= used


def test_a_mistyped_attack_is_told():
    with pytest.raises(ValueError, match="got 'aware_identify'; did you mean 'aware_identifier'"):
        attack("aware_identify")
