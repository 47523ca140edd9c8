"""A whole study without people."""

import pytest

from bench.annotation.choice import Bins
from bench.annotation.downstream import Lesson, _sample
from bench.annotation.rehearsal import Cast, rehearse, stacked
from bench.annotation.study import Order, PanelOrder, recipe_of
from bench.annotation.tables import Table
from bench.nn.training import Schedule
from bench.runner.engine import LocalEngine
from bench.runner.worker import Worker
from bench.spec import Spec


def test_tables_of_several_questions_are_one():
    one = Table("joy-accuracy", "joy", ("version", "average"), [("raw", 1)], "of joy")
    two = Table("anger-accuracy", "anger", ("version", "average"), [("raw", 2)], "of anger")
    made = stacked([one, two], "both")
    assert (made.name, made.columns) == ("accuracy", ("question", "version", "average"))
    assert made.rows == [("joy", "raw", 1), ("anger", "raw", 2)]
    assert made.note == "joy: of joy\n\nanger: of anger"
    assert stacked([one, one], "both").note == "of joy"


def test_a_student_sees_as_many_of_both_answers(rng):
    n = 14
    labels = (rng.permutation(n) < 2).astype(int)
    images = rng.integers(0, 9, (n, 3, 2, 2)).astype("uint8")
    taught = Lesson(images, labels, *(rng.integers(0, 3, n) for _ in range(3)))
    shown = _sample(taught, labels, labels >= 0, 0)
    assert shown.labels["label"].sum() == 12
    assert len(shown) == 24
    only = _sample(taught, labels * 0, labels == 0, 0)  # one answer: nothing to even out
    assert len(only) == 12


@pytest.mark.slow
def test_a_rehearsal_is_one_report(store, grid, tmp_path, monkeypatch):
    monkeypatch.setattr("defenses.card.SCHEDULE", Schedule(lr=2e-3, batch=48, steps=10, rounds=1))
    recipes = [
        recipe_of(grid(data="toy:people=4"), question, ("blur", "constant"), 0)
        for question in ("colour=dark", "secret=a")
    ]
    order = Order(False, "bins", 8, "", Bins(width=3), "", 0, "")
    cast = Cast(PanelOrder(4, 0.0, "raw", (Spec("nearest"),)), 3, Spec("memory"))
    report = rehearse(recipes, order, cast, tmp_path / "out", store, LocalEngine(), Worker())
    assert report == (tmp_path / "out" / "report.md").read_text()
    assert report.count("| dark | blur |") == 3  # of two panels, and of those who were taught
    assert report.count("| a | blur |") == 2
    assert report.count("| dark | true labels |") == 1
    assert report.count("## SIMULATED labelers") == 2
    assert (tmp_path / "out" / "aware" / "dark-consensus.png").exists()
