from itertools import permutations

import numpy as np
import pytest

from bench.answers import Answers, Numbers
from bench.metrics.separability import (
    Units,
    comparable,
    d_prime,
    pairwise_auc,
    relabelled,
    relabelled_statistic,
    separability_statistic,
    standard_errors,
    without_each,
)


def answers(rng, *, people=5, takes=4, each=3, right=0.0, shift=0):
    """Scores that favour the class `shift` places after the true one, and the takes."""
    person = np.repeat(np.arange(people), takes * each)
    take = np.repeat(np.arange(people * takes), each)
    scores = rng.normal(size=(len(person), people))
    scores[np.arange(len(person)), (person + shift) % people] += right
    made = Answers(scores.astype(np.float32), person, person, np.arange(len(person)))
    return made, Units(take, person)


def value(statistic, n):
    return float(statistic(np.ones((1, n)))[0])


def test_it_is_the_mean_over_ordered_pairs_of_classes(rng):
    found, _ = answers(rng, right=1.0)
    scores, won = comparable(found.scores), []
    for i, j in permutations(range(5), 2):
        own, other = (scores[found.truth == k, i] for k in (i, j))
        above = own[:, None] > other
        won.append((above + 0.5 * (own[:, None] == other)).mean())
    assert value(separability_statistic(found), len(found)) == pytest.approx(2 * np.mean(won) - 1)


def test_a_weight_counts_as_so_many_pictures(rng):
    found, _ = answers(rng, right=0.5)
    weights = rng.integers(1, 4, len(found))
    copies = found.pick(np.repeat(np.arange(len(found)), weights))
    weighted = separability_statistic(found)(weights[None].astype(float))
    assert weighted[0] == pytest.approx(value(separability_statistic(copies), len(copies)))


def test_equal_answers_have_no_separability():
    person = np.repeat(np.arange(8), 5)
    same = Answers(np.zeros((40, 8), np.float32), person, person, np.arange(40))
    assert value(separability_statistic(same), 40) == pytest.approx(0, abs=1e-12)
    assert d_prime(same).value == pytest.approx(0, abs=1e-12)
    assert pairwise_auc(same).value == pytest.approx(0.5)


def test_an_offset_of_a_picture_changes_nothing(rng):
    found, _ = answers(rng, right=1.0)
    moved = found.scores + rng.normal(0, 50, (len(found), 1)).astype(np.float32)
    other = Answers(moved, found.truth, found.person, found.image_id)
    first, second = (value(separability_statistic(one), len(one)) for one in (found, other))
    assert first == pytest.approx(second, abs=1e-3)


def test_numbers_are_compared_by_pairs_with_different_truths():
    truth, values = np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0, 2.0])
    found = Numbers(values, truth, np.arange(4), np.arange(4))
    # pairs with different truths: four agree, one does not (3 before 2), one is tied
    assert value(separability_statistic(found), 4) == pytest.approx((1 + 1 + 1 - 1 + 0) / 5)


def test_reliably_wrong_names_are_right_after_relabelling(rng):
    found, units = answers(rng, people=8, right=4.0, shift=1)
    assert value(separability_statistic(found), len(found)) < 0
    assert value(relabelled_statistic(found, units), len(found)) > 0.9
    after = relabelled(found, units)
    assert (after.scores.argmax(axis=1) == found.truth).mean() > 0.9


def test_relabelling_finds_nothing_in_noise(rng):
    values = []
    for _ in range(60):
        found, units = answers(rng, people=8)
        values.append(value(relabelled_statistic(found, units), len(found)))
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(60)


def test_stratified_errors_are_those_of_means_within_strata(rng):
    values = rng.normal(size=12)
    stratum = np.repeat(np.arange(3), 4)
    without = np.array([
        np.mean([np.delete(values[stratum == s], i - 4 * s).mean() if i // 4 == s
                 else values[stratum == s].mean() for s in range(3)])
        for i in range(12)
    ])  # fmt: skip
    error, freedom = standard_errors(without[:, None], stratum)
    expected = np.sqrt(sum(values[stratum == s].var(ddof=1) / 4 for s in range(3))) / 3
    assert error[0] == pytest.approx(expected)
    assert freedom == 9


def test_errors_of_noise_are_as_large_as_its_spread(rng):
    ratios = []
    for _ in range(100):
        found, units = answers(rng, people=6, takes=5)
        values, without, strata = without_each([separability_statistic(found)], units)
        ratios.append(values[0] / standard_errors(without, strata)[0][0])
    assert 0.8 < np.std(ratios) < 1.2
