"""Alpha against published examples, and the signs of careless labelers."""

import numpy as np
import pytest

from bench.annotation.agreement import alphas, krippendorff, labeler_table
from bench.annotation.votes import votes_by_question
from bench.tables import NotAvailable

CARELESS = 3  # of the labelers in `paper_sized`: they answer at random

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), sections A, B and C.
TWO_BINARY = ("0100000010", "1110010000")
TWO_NOMINAL = ("aabbdcccedda", "babbbccceddd")
FOUR_WITH_GAPS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")


def counts(observers):
    classes = sorted({mark for one in observers for mark in one if mark != "."})
    return np.array(
        [[column.count(name) for name in classes] for column in zip(*observers, strict=True)]
    )


def ones(observers):
    return np.ones((1, len(observers[0])))


@pytest.mark.parametrize(
    ("observers", "alpha"), [(TWO_BINARY, 0.095), (TWO_NOMINAL, 0.692), (FOUR_WITH_GAPS, 0.743)]
)
def test_alpha_is_the_published_one(observers, alpha):
    assert krippendorff(counts(observers))(ones(observers)).round(3) == [alpha]


def by_pairs(observers):
    """Alpha from its definition: disagreement within units over that among all labels."""
    units = [[mark for mark in column if mark != "."] for column in zip(*observers, strict=True)]
    units = [unit for unit in units if len(unit) > 1]
    pool = [mark for unit in units for mark in unit]
    within = sum(
        sum(a != b for i, a in enumerate(unit) for j, b in enumerate(unit) if i != j)
        / (len(unit) - 1)
        for unit in units
    ) / len(pool)
    among = sum(a != b for i, a in enumerate(pool) for j, b in enumerate(pool) if i != j)
    return 1 - within / (among / (len(pool) * (len(pool) - 1)))


@pytest.mark.parametrize("seed", range(4))
def test_alpha_follows_its_definition(seed):
    rng = np.random.default_rng(seed)
    observers = ["".join(rng.choice(list("abc."), 9, p=(0.5, 0.2, 0.2, 0.1))) for _ in range(5)]
    assert krippendorff(counts(observers))(ones(observers)) == pytest.approx(by_pairs(observers))


def test_weights_repeat_units():
    table = counts(FOUR_WITH_GAPS)
    twice = np.concatenate([table, table[:3]])
    weights = np.array([2.0] * 3 + [1.0] * 9)
    once = krippendorff(twice)(np.ones((1, 15)))
    assert krippendorff(table)(weights[None]) == pytest.approx(once)


def test_alpha_without_variety_is_undefined(table):
    for unclear in ([[3, 0], [2, 0]], [[1, 0], [0, 1]]):
        assert np.isnan(krippendorff(np.array(unclear))(np.ones((1, 2)))).all()
    given = votes_by_question(table({"raw": {"a": "y", "b": "n"}}), {}, "raw")[0]
    assert alphas(given).rows[0][1] == NotAvailable("no image has two labels")
    given = votes_by_question(table({"raw": {"a": "yyy", "b": "yyy"}}), {}, "raw")[0]
    assert alphas(given).rows[0][1] == NotAvailable("all labels are the same")


def test_labelers_who_answer_at_random_are_found(paper_sized):
    labels, key = paper_sized
    rows = labeler_table(votes_by_question(labels, key, "raw")[0]).rows
    reported = {row[0] for row in rows if row[-1]}
    careless = {f"simulated-{j}" for j in range(CARELESS)}
    assert reported <= careless
    assert len(reported) >= CARELESS - 1  # each is missed with 5 %


def test_fast_and_uniform_labelers_are_reported(table):
    images = {f"{kind}{i}": "yyyyy" if kind == "a" else "ynnnn" for kind in "ab" for i in range(20)}
    labels = [
        label._replace(seconds=0.2 if label.labeler == "anna1" else 2.0)
        for label in table({"raw": images})
    ]
    careless = {
        row[0]: row[-1] for row in labeler_table(votes_by_question(labels, {}, "raw")[0]).rows
    }
    assert list(careless.values()) == ["at chance, one answer", "too fast", "", "", ""]
