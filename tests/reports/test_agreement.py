import math

import pytest

from bench.reports import agreement as module
from bench.reports.agreement import Agreement, agreement, demonstrates

LINE = {"purpose": "headline", "metric": "leakage", "form": "pixels", "status": "ok"}


class Told:
    """A record as far as it is read."""

    def __init__(self, defense, value, target="gender", **other):
        self.line = LINE | {"defense": defense, "value": value, "target": target} | other

    def _asdict(self):
        return self.line


@pytest.fixture
def board(tmp_path, monkeypatch):
    """The photographs' board: a to d leak more and more of gender."""
    lines = ["purpose,metric,form,status,defense,target,value"]
    values = {"none:side=16": 1.0, "a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4}
    lines += [f"headline,leakage,pixels,ok,{d},gender,{v}" for d, v in values.items()]
    lines += ["headline,leakage,codes,ok,e,gender,0.9", "headline,leakage,pixels,n/a,f,gender,"]
    (tmp_path / "lfw.csv").write_text("\n".join(lines))
    monkeypatch.setattr(module, "files", lambda package: tmp_path)


def test_tau_counts_the_pairs_in_order(board):
    mine = [Told("a", 0.5), Told("b", 0.6), Told("c", 0.9), Told("d", 0.8), Told("none:side=16", 1)]
    found = agreement(mine, ["gender"])  # five of six pairs in order: (5 - 1) / 6
    assert (found.tau, found.n) == (pytest.approx(2 / 3), 4)


def test_seeds_are_averaged_and_other_targets_left_out(board):
    mine = [
        Told("a", 0.1),
        Told("b", 0.0),
        Told("b", 0.8),
        Told("c", 0.9),
        Told("d", 1, "identity"),
    ]
    assert agreement(mine, ["gender"]) == (pytest.approx(1), 3)


def test_few_defenses_have_no_order(board):
    found = agreement([Told("a", 0.5), Told("b", 0.6), Told("z", 0.6)], ["gender"])
    assert math.isnan(found.tau)
    assert str(found) == "2 defenses also stand on lfw.csv, too few to compare orders"


def test_a_table_stands_for_photographs_only_if_many_defenses_agree():
    assert demonstrates(Agreement(1.0, 3))
    assert demonstrates(Agreement(0.5, 9))
    assert not demonstrates(Agreement(0.8, 6))
