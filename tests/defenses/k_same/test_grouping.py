"""Who shares a mean: groups worked out by hand, and a reference typed again with loops."""

import numpy as np
import pytest

from defenses.k_same.grouping import grouped, shared


def line(*places):
    return np.array(places, np.float32)[:, None]


def sets(groups):
    return [set(group.tolist()) for group in groups]


def test_the_first_takes_its_nearest_and_the_rest_joins_the_last_group():
    vectors = line(0, 10, 1, 11, 2, 12, 30)
    assert sets(grouped(vectors, 3, np.arange(7))) == [{0, 2, 4}, {1, 3, 5, 6}]
    assert sets(grouped(vectors, 3, np.arange(7)[::-1])) == [{6, 5, 3}, {4, 2, 0, 1}]


def test_equal_rows_are_not_taken_in_place_of_the_first():
    groups = grouped(line(5, 5, 5, 5), 2, np.array([3, 2, 1, 0]))
    assert [group[0] for group in groups] == [3, 1]
    assert sorted(np.concatenate(groups)) == [0, 1, 2, 3]


@pytest.mark.parametrize(("n", "k"), [(7, 2), (12, 4), (23, 5)])
def test_everybody_is_in_one_group_of_k_to_2k_minus_1(rng, n, k):
    groups = grouped(rng.normal(size=(n, 3)).astype(np.float32), k, rng.permutation(n))
    assert sorted(np.concatenate(groups)) == list(range(n))
    assert all(k <= len(group) < 2 * k for group in groups)


def test_fewer_than_k_cannot_hide():
    with pytest.raises(ValueError, match=r"at least k = 4 people .*, got 3"):
        grouped(line(1, 2, 3), 4, np.arange(3))
    with pytest.raises(ValueError, match="at least k = 4 pictures, got 1"):
        shared(np.zeros((1, 2), np.float32), 4)


def test_a_rare_output_is_given_up_for_the_next_cheapest_in_use():
    cost = np.array([[0, 9, 9, 1], [0, 9, 9, 1], [9, 0, 2, 1], [9, 9, 0, 1], [9, 9, 0, 1]])
    # Output 1 has one picture, 3 none: the picture of 1 goes to 2, though 3 is cheaper.
    assert shared(cost.astype(np.float32), 2).tolist() == [0, 0, 2, 2, 2]


@pytest.mark.parametrize("k", [2, 5, 9])
def test_nobody_is_alone_with_an_output_whatever_the_order(rng, k):
    cost = rng.random((40, 12)).astype(np.float32)
    given, turn = shared(cost, k), rng.permutation(40)
    assert all(np.bincount(given)[given] >= k)
    assert (shared(cost[turn], k) == given[turn]).all()
