"""The choice of pictures."""

from collections import Counter

import numpy as np
import pytest

from bench.annotation.choice import Bins, by_bins, evidence_in, pairs
from bench.annotation.study import class_evidence


def test_the_papers_bins_are_twelve():
    edges = Bins().edges
    assert (len(edges), edges[0], edges[1], edges[-1]) == (13, -3, -2.5, 3)
    assert Bins(width=3).edges.tolist() == [-3, 0, 3]
    with pytest.raises(ValueError, match="change --bin-width"):
        Bins(width=0.7).edges  # noqa: B018  # the property raises


def test_what_is_beyond_the_reach_goes_to_the_last_bin():
    places = Bins().places(np.array([-7.0, -3, -2.6, -2.5, 0, 2.99, 3, 8, np.nan]))
    assert places.tolist() == [0, 0, 0, 1, 6, 11, 11, 11, -1]


def test_five_of_each_bin(rng):
    evidence = rng.uniform(-4, 4, 600)
    chosen, short = by_bins(evidence, 60, Bins(), rng)
    assert Counter(Bins().places(evidence[chosen]).tolist()) == dict.fromkeys(range(12), 5)
    assert len(set(chosen.tolist())) == 60
    assert short == ""


def test_bins_with_too_few_pictures_are_named(rng):
    chosen, short = by_bins(np.array([-1.0, -1, -1, 2, np.nan]), 4, Bins(width=3), rng)
    assert len(chosen) == 3
    assert short == "0 to 3: 1 of 2"


def test_bins_want_evidence_and_an_even_share(rng):
    with pytest.raises(ValueError, match="--choose random"):
        by_bins(np.full(5, np.nan), 60, Bins(), rng)
    with pytest.raises(ValueError, match=r"a multiple of 12 \(bins\), got 61"):
        by_bins(np.zeros(99), 61, Bins(), rng)


def test_half_of_the_pairs_show_one_person_in_two_takes(rng):
    person, take = np.repeat(np.arange(4), 6), np.repeat(np.arange(8), 3)
    found = pairs({"identity": person, "take": take}, 10, rng)
    first, second = np.array(found).T
    assert (person[first] == person[second]).tolist() == [True] * 5 + [False] * 5
    assert (take[first] != take[second]).all()
    assert (first != second).all()
    with pytest.raises(ValueError, match="expected 4 pairs, got 0"):
        pairs({"identity": np.arange(5)}, 4, rng)


def test_evidence_by_labels_runs_from_minus_3_to_3():
    labels = {"AU6": np.array([0.0, 1, 0.5]), "AU12": np.array([0.0, 1, 1])}
    assert evidence_in(labels, "AU6+AU12").tolist() == [-3, 3, 1.5]
    with pytest.raises(ValueError, match=r"got \['AU9'\]"):
        evidence_in(labels, "AU6+AU9")


def test_evidence_is_how_much_likelier_the_picture_makes_a_class():
    learned = np.repeat([0, 1, 2, -1], [19, 40, 39, 7])  # 19 of 98 known ones: odds of about 1 to 4
    probability = np.array([[0.2, 0.5, 0.3], [0.5, 0.5, 0.0], [0.1, 0.6, 0.3]])
    with np.errstate(divide="ignore"):
        found = class_evidence(np.log(probability), 0, learned)
    assert found == pytest.approx(np.log([1, 4, 4 / 9]))
