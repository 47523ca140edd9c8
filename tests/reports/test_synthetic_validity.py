import math

import pytest

from bench.reports import synthetic_validity as module
from bench.reports.boards import write_board
from bench.reports.records import Record
from bench.reports.synthetic_validity import SyntheticValidity, demonstrates, synthetic_validity

EMPTY = Record(*(kind() for kind in Record.__annotations__.values()))


def records(data, leakages, **others):
    common = {"target": "gender", "protocol": "open", "form": "pixels", "status": "ok"} | others
    base = EMPTY._replace(purpose="headline", metric="leakage", data=data, **common)
    return [base._replace(defense=name, value=value) for name, value in leakages.items()]


@pytest.fixture
def board(tmp_path, monkeypatch):
    """Writes the board that comes with the suite."""
    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    path = tmp_path / "simple.csv"
    return lambda *parts: write_board([each for part in parts for each in part], path, {})


REAL = {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4, "e": 0.5}
SYNTHETIC = {"a": 0.1, "b": 0.3, "c": 0.2, "d": 0.4, "e": 0.9}  # one of ten pairs out of order


def test_tau_counts_the_pairs_in_order(board):
    board(records("lfw:size=32", REAL), records("synthetic:size=32", SYNTHETIC))
    assert synthetic_validity("gender", "open")[:2] == (pytest.approx((9 - 1) / 10), 5)


def test_learned_defenses_are_compared_apart(board):
    tasks = {"lfw": REAL, "synthetic": {name: -value for name, value in REAL.items()}}
    board(
        *(records(data, REAL) for data in tasks),
        *(records(data, values, task=f"learned: {data}") for data, values in tasks.items()),
    )
    found = synthetic_validity("gender", "open")
    assert found == pytest.approx((1, 5, -1, 5))
    assert str(found).endswith("photographs is 1.00, of 5 learned ones -1.00")


def test_controls_other_questions_and_codes_are_left_out(board):
    board(
        records("lfw", REAL),
        records("synthetic", REAL),
        records("lfw", {"none:side=16": 0.0}),
        records("synthetic", {"none:side=16": 1.0}),
        records("synthetic", SYNTHETIC, target="identity"),
        records("synthetic", SYNTHETIC, protocol="closed"),
        records("synthetic", SYNTHETIC, form="codes"),
        records("synthetic", {"f": math.nan}, status="skipped"),
    )
    assert synthetic_validity("gender", "open")[:2] == (pytest.approx(1), 5)


def test_seeds_are_averaged(board):
    half = {"a": 0.5, "b": 0.4}  # now a 0.3, b 0.35, c 0.2: two pairs out of order
    board(records("lfw", REAL), records("synthetic", SYNTHETIC), records("synthetic", half, seed=1))
    assert synthetic_validity("gender", "open").tau == pytest.approx((8 - 2) / 10)


def test_few_defenses_have_no_order(board):
    board(records("lfw", REAL), records("synthetic", {"a": 1, "z": 2}))
    found = synthetic_validity("gender", "open")
    assert math.isnan(found.tau)
    assert str(found) == "simple.csv has 1 such defenses on photographs too, too few to compare"


def test_a_table_stands_for_photographs_only_if_many_defenses_agree():
    assert demonstrates(SyntheticValidity(1.0, 3))
    assert demonstrates(SyntheticValidity(0.5, 9))
    assert not demonstrates(SyntheticValidity(0.8, 6))


@pytest.mark.parametrize(
    ("target", "protocol", "simple", "learned"),
    [("gender", "open", (23 - 5) / 28, (11 - 4) / 15), ("identity", "closed", 22 / 28, 8 / 10)],
)
def test_the_board_that_comes_along_has_enough_defenses(target, protocol, simple, learned):
    found = synthetic_validity(target, protocol)
    n_learned = 6 if target == "gender" else 5
    assert found == (pytest.approx(simple), 8, pytest.approx(learned), n_learned)
    assert not demonstrates(found)  # else README and boards must say so again
