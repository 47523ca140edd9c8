import math

import pytest

from bench.reports import agreement as module
from bench.reports.agreement import Agreement, agreement, demonstrates

COLUMNS = "purpose,metric,form,status,data,protocol,target,defense,value"


def lines(data, leakages, target="gender", protocol="open", form="pixels", status="ok"):
    return [
        f"headline,leakage,{form},{status},{data},{protocol},{target},{defense},{value}"
        for defense, value in leakages.items()
    ]


@pytest.fixture
def board(tmp_path, monkeypatch):
    """Writes the board that comes with the suite."""

    def written(*parts):
        text = "\n".join([COLUMNS, *(line for part in parts for line in part)])
        (tmp_path / "simple.csv").write_text(text)

    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    return written


REAL = {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5}
DRAWN = {"a": 0.1, "b": 0.3, "c": 0.2, "d": 0.4, "e": 0.9}  # one of ten pairs out of order


def test_tau_counts_the_pairs_in_order(board):
    board(lines("lfw:size=32", REAL), lines("synthetic:size=32", DRAWN))
    assert agreement("gender", "open") == (pytest.approx((9 - 1) / 10), 5)


def test_controls_other_questions_and_codes_are_left_out(board):
    board(
        lines("lfw", REAL),
        lines("synthetic", REAL),
        lines("lfw", {"none:side=16": 0.0}),
        lines("synthetic", {"none:side=16": 1.0}),
        lines("synthetic", DRAWN, target="identity"),
        lines("synthetic", DRAWN, protocol="closed"),
        lines("synthetic", DRAWN, form="codes"),
        lines("synthetic", {"f": ""}, status="n/a"),
    )
    assert agreement("gender", "open") == (pytest.approx(1), 5)


def test_seeds_are_averaged(board):
    half = {"a": 0.5, "b": 0.4}  # now a 0.3, b 0.35, c 0.2: two pairs out of order
    board(lines("lfw", REAL), lines("synthetic", DRAWN), lines("synthetic", half))
    assert agreement("gender", "open").tau == pytest.approx((8 - 2) / 10)


def test_few_defenses_have_no_order(board):
    board(lines("lfw", REAL), lines("synthetic", {"a": 1, "z": 2}))
    found = agreement("gender", "open")
    assert math.isnan(found.tau)
    assert str(found) == "simple.csv has 1 such defenses on photographs too, too few to compare"


def test_a_table_stands_for_photographs_only_if_many_defenses_agree():
    assert demonstrates(Agreement(1.0, 3))
    assert demonstrates(Agreement(0.5, 9))
    assert not demonstrates(Agreement(0.8, 6))


@pytest.mark.parametrize(("target", "protocol"), [("gender", "open"), ("identity", "closed")])
def test_the_board_that_comes_along_has_enough_defenses(target, protocol):
    found = agreement(target, protocol)
    assert found.n >= module.ENOUGH
    assert not demonstrates(found)  # else README and boards must say so again
