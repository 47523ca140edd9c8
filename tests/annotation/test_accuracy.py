"""Accuracy, tests and lists on tables worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from bench.annotation.accuracy import (
    by_attribute,
    by_evidence,
    share_correct,
    t_test,
    t_tests,
    worst,
)
from bench.annotation.choice import Bins
from bench.annotation.votes import votes_by_question
from bench.tables import NotAvailable


def test_variance_is_that_of_both_clusterings():
    right = np.array([[1, 1, 0], [1, 0, 0], [1, np.nan, 1], [0, 1, 1]])
    n, share = 11, 7 / 11
    apart = np.nan_to_num(right - share)
    by_image = (apart.sum(axis=1) ** 2).sum() / n**2 * 4 / 3
    by_labeler = (apart.sum(axis=0) ** 2).sum() / n**2 * 3 / 2
    variance = max(by_image + by_labeler - (apart**2).sum() / n**2, by_image, by_labeler)
    half = stats.t.ppf(0.975, 2) * np.sqrt(variance) / (share * (1 - share))
    low = 1 / (1 + np.exp(-(np.log(share / (1 - share)) - half)))
    found = share_correct(right, np.arange(4))
    assert (found.value, found.n) == (pytest.approx(share), n)
    assert found.low == pytest.approx(min(low, found.low))
    assert found.low == pytest.approx(low, abs=1e-6)


@pytest.mark.slow
def test_intervals_hold_the_truth():
    rng, held = np.random.default_rng(0), []
    for _ in range(400):
        logits = 1.2 + rng.normal(0, 1, (40, 1)) + rng.normal(0, 0.5, 25)
        right = (rng.random((40, 25)) < 1 / (1 + np.exp(-logits))).astype(float)
        found = share_correct(right, np.arange(40))
        held.append(found.low <= TRUE_SHARE <= found.high)
    assert 0.92 <= np.mean(held) <= 0.985


# Mean of the logistic function over a normal logit, 1.2 with variance 1 + 0.25.
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)
TRUE_SHARE = float(
    (_WEIGHTS / (1 + np.exp(-(1.2 + np.sqrt(1.25) * _NODES)))).sum() / _WEIGHTS.sum()
)


def test_the_t_test_is_of_numbers_of_labelers():
    first = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1]], float)
    second = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [1, 1, 0]], float)
    difference, t, df, p = t_test(first, second)  # 2, 0, 1, 1: mean 1, deviation sqrt(2/3)
    assert t == pytest.approx(1 / np.sqrt(2 / 3 / 4))
    assert (df, difference.value) == (3, pytest.approx(1 / 3))
    assert p == pytest.approx(2 * stats.t.sf(t, 3))


def test_a_t_test_of_nothing_says_why(table):
    given = votes_by_question(table({"raw": {"a": "yyn"}, "blur": {"a": "yyn"}}), {}, "raw")[0]
    reason = NotAvailable("a t-test needs two images or more")
    assert t_tests(given).rows == [("raw - blur", *[reason] * 4)]
    same = {"a": "yyn", "b": "nny"}
    given = votes_by_question(table({"raw": same, "blur": same}), {}, "raw")[0]
    assert "t is undefined" in t_tests(given).rows[0][1].reason


def keyed(images):
    return {
        name: {"question": "joy", "image": name, "truth": "yes", **facts}
        for name, facts in images.items()
    }


@pytest.fixture
def given(table):
    key = keyed({
        "a": {"evidence": "-0.2", "glasses": "yes", "person": "1"},
        "b": {"evidence": "0.4", "glasses": "no", "person": "1"},
        "c": {"evidence": "2.9", "glasses": "no", "person": "2"},
        "d": {"evidence": "9", "glasses": "", "person": "2"},
    })  # fmt: skip
    labelled = {"a": "nnnn", "b": "yynn", "c": "yyyn", "d": "yyyy"}
    return votes_by_question(table({"blur": labelled}), key, "key")[0]


def test_evidence_is_binned_and_what_is_beyond_lies_in_the_last_bin(given):
    rows = {row[0]: (row[1], row[2].value) for row in by_evidence(given, Bins()).rows}
    assert rows == {
        "-0.5 to 0": (1, 0),
        "0 to 0.5": (1, 0.5),
        "2.5 to 3": (2, 7 / 8),
        "|evidence| >= 1": (2, 7 / 8),
        "|evidence| < 1": (2, 0.25),
    }


def test_errors_by_attribute_leave_out_images_without_it(given):
    rows = {row[:3]: row[3].value for row in by_attribute(given).rows}
    assert rows == {("glasses", "no", 2): 3 / 8, ("glasses", "yes", 1): 1.0}
    assert "in the key (--key), found none" in by_attribute(given, ("light",)).rows[0][3].reason


def test_numbers_are_cut_into_thirds(table):
    labelled = {f"i{i}": "yy" if i < 6 else "nn" for i in range(9)}
    key = keyed({name: {"light": f"{i / 10}"} for i, name in enumerate(labelled)})
    rows = by_attribute(votes_by_question(table({"blur": labelled}), key, "key")[0]).rows
    assert [(row[2], row[3].value) for row in rows] == [(3, 0), (3, 0), (3, 1)]


def test_the_worst_come_first(given):
    assert [(row[1], row[2].value) for row in worst(given).rows] == [
        ("a", 0), ("b", 0.5), ("c", 0.75), ("d", 1)
    ]  # fmt: skip


def test_images_of_a_person_are_one_unit(given):
    assert given.unit.tolist() == [0, 0, 1, 1]
