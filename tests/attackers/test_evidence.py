"""Which attackers' silence can be evidence that something is hidden."""

from bench.registry import plugins


def test_one_layer_and_what_learns_nothing_of_its_own_are_no_evidence():
    kinds = {
        name: attacker.evidence
        for name, attacker in plugins("attacker").items()
        if attacker.__module__.startswith("attackers.")
    }
    assert {name: kind for name, kind in kinds.items() if kind} == {
        "bits": "low-bits",
        "cnn": "network",
        "flat": "network",
        "knn": "neighbours",
        "matcher": "matcher",
        "mlp": "network",
        "regression": "network",
    }
