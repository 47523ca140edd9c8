"""Votes on tables worked out by hand."""

import numpy as np
import pytest
from scipy.stats import hypergeom

from bench.annotation.majority import (
    VoteRules,
    accuracy_table,
    by_consensus,
    consensus,
    credits,
    curve,
    curve_table,
    histogram,
    majority_accuracy,
    reaches,
)
from bench.annotation.votes import votes_by_question
from bench.tables import NotAvailable

# Four labelers. Truth by the raw votes: a yes (4:0), b yes (3:1), c no (1:3), d tied: no truth.
RAW = {"a": "yyyy", "b": "yyyn", "c": "nnny", "d": "yynn"}
# Right: a 3 of 4, b 2 of 4 (tied), c 1 of 4 (wrong).
BLUR = {"a": "yyyn", "b": "yynn", "c": "yyyn", "d": "yyyy"}


@pytest.fixture
def given(table):
    return votes_by_question(table({"raw": RAW, "blur": BLUR}), {}, "raw")[0]


def test_a_tied_raw_vote_gives_no_truth(given):
    assert [given.classes[number] if number >= 0 else None for number in given.truth] == [
        "yes", "yes", "no", None
    ]  # fmt: skip


def test_table_1_by_hand(given):
    raw, blur = accuracy_table(given, VoteRules()).rows
    assert (raw[0], raw[1], raw[2].value) == ("raw", 3, pytest.approx(10 / 12))
    assert raw[3] == NotAvailable("the vote on raw images is the truth")
    assert [cell.value for cell in (raw[4], raw[6], raw[8])] == [1, 3 / 4, 1 / 4]
    assert blur[2].value == pytest.approx((3 + 2 + 1) / 12)
    assert blur[3].value == pytest.approx((1 + 0.5 + 0) / 3)
    assert [cell.value for cell in (blur[4], blur[6], blur[8])] == [1, 3 / 4, 1 / 4]  # of all four
    assert blur[5].value == pytest.approx(1 / 2)  # a right, c wrong, both at 3 of 4
    assert blur[7] == NotAvailable("no image reaches a consensus of 90 %")


@pytest.mark.parametrize(
    ("rules", "at_50", "at_75"),
    [
        (VoteRules("half", "at-least"), 1.5 / 3, 1 / 2),
        (VoteRules("wrong", "at-least"), 1 / 3, 1 / 2),
        (VoteRules("out", "at-least"), 1 / 2, 1 / 2),
        (VoteRules("half", "over"), 1 / 2, None),  # b is at 50 %, and nobody over 75 %
    ],
)
def test_ties_and_levels_are_parameters(given, rules, at_50, at_75):
    first, second = (
        majority_accuracy(given.counts[1], given.truth, level, rules) for level in (0.5, 0.75)
    )
    assert first.value == pytest.approx(at_50)
    if at_75 is None:
        assert "75 %" in second.reason
    else:
        assert second.value == pytest.approx(at_75)


def test_levels_of_sixty_labelers_are_met_exactly():
    counts = np.array([[45, 15], [54, 6], [33, 27]])  # 75, 90 and 55 %
    for level, at_least, over in ((0.75, 2, 1), (0.9, 1, 0), (0.55, 3, 2)):
        assert reaches(counts, level, VoteRules(level="at-least")).sum() == at_least
        assert reaches(counts, level, VoteRules(level="over")).sum() == over


def test_three_classes_share_a_tie():
    counts = np.array([[2, 2, 2], [2, 2, 1], [1, 2, 2], [0, 0, 0]])
    truth = np.zeros(4, np.int64)
    assert credits(counts, truth, "half") == pytest.approx([1 / 3, 1 / 2, 0, np.nan], nan_ok=True)
    assert consensus(counts)[:2] == pytest.approx([1 / 3, 2 / 5])


def test_the_histogram_counts_every_image_once(given):
    rows = {row[0]: row[1:] for row in histogram(given).rows}
    assert rows["0.50 to 0.55"] == (1, 1)  # raw d, blur b
    assert rows["0.75 to 0.80"] == (2, 2)
    assert rows["0.95 to 1.00"] == (1, 1)
    assert by_consensus(given).sum() == 8


def test_the_curve_is_the_hypergeometric_one(table):
    # 30 images that 13 of 20 labelers get right, always others.
    rng = np.random.default_rng(0)
    labelled = {f"i{i:02}": "".join(rng.permutation(list("y" * 13 + "n" * 7))) for i in range(30)}
    key = {name: {"question": "joy", "image": name, "truth": "yes"} for name in labelled}
    given = votes_by_question(table({"blur": labelled}), key, "key")[0]
    found = curve(given, VoteRules(), np.random.default_rng(1))
    for n in (3, 4, 9, 20):
        right = hypergeom(20, 13, n)
        exact = right.sf(n // 2) + (0.5 * right.pmf(n // 2) if n % 2 == 0 else 0)
        assert found[0, 0, n - 3] == pytest.approx(exact, abs=0.02)
    mean, low, high = found
    assert (low <= mean).all()
    assert (mean <= high + 1e-12).all()


def test_the_raw_curve_ends_at_one(given):
    found = curve(given, VoteRules(), np.random.default_rng(0))
    assert found[0, given.versions.index("raw"), -1] == 1


def test_the_papers_gain_stands_below_a_curve_of_such_versions(table):
    (surrogate,) = votes_by_question(table({"raw": RAW, "began_cs@quick": BLUR}), {}, "raw")
    (other,) = votes_by_question(table({"raw": RAW, "blur": BLUR}), {}, "raw")
    found = np.zeros((3, 2, 2))
    assert surrogate.question == "joy"
    assert "gain 5 to 10 points by about 10 to 15 labelers" in curve_table(surrogate, found).note
    assert "Published" not in curve_table(other, found).note
