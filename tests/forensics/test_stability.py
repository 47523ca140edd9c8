"""What counts as another answer."""

import numpy as np
import pytest

from bench.forensics.stability import (
    chosen,
    code_gap,
    code_spread,
    grey_levels,
    instability,
    questions,
)


def test_the_largest_difference_of_each_picture_counts():
    before = np.full((2, 3, 2, 2), 250, np.uint8)
    again = before.copy()
    again[0, 2, 1, 1], again[1, 0, 0, 0] = 255, 0
    assert grey_levels(again, before).tolist() == [5, 250]


def test_codes_are_compared_number_by_number():
    codes = np.array([[0, 0], [2, 200]], np.float32)  # standard deviations 1 and 100
    again = codes + np.array([[0, 0], [0.5, 0.5]], np.float32)
    assert code_gap(again, codes, code_spread(codes)) == pytest.approx([0, 0.5], rel=0.2)


def test_a_number_that_never_varies_may_be_rounded():
    codes = np.full((3, 1), 100, np.float32)
    spread = code_spread(codes)
    assert code_gap(codes * np.float32(1 + 2e-7), codes, spread).max() < 1e-3
    assert code_gap(codes * np.float32(1 + 1e-5), codes, spread).max() > 1e-3


@pytest.mark.parametrize(
    ("arrays", "failures", "reason"),
    [
        ({"alone": [0, 1], "few.codes": [0.0009]}, {}, ""),
        ({"few": [0, 2, 9]}, {}, "asked again (few), 2 of 3 pictures differ, by up to 9 grey lev"),
        ({"few": [1], "few.codes": [0.01]}, {}, "(few), 1 of 1 codes differ, by up to 0.01 stand"),
        ({"few": [9]}, {"alone.codes": "E: no"}, "asked again (alone), it raises E: no"),
    ],
)
def test_more_than_a_grey_level_is_told(arrays, failures, reason):
    found = instability({k: np.array(v) for k, v in arrays.items()}, {"failures": failures})
    assert reason in found
    assert bool(found) == bool(reason)


def test_all_sizes_from_one_to_both_roles_are_asked(rng):
    asked = questions(40, 50, rng, "picture")
    assert [len(group) for group in asked["alone"]] == [1] * 16
    assert all(2 <= len(group) <= 15 for group in asked["few"])
    assert (
        np.unique(asked["shuffled"][0]).tolist() == list(range(40)) != asked["shuffled"][0].tolist()
    )
    assert np.unique(asked["company"][0]).tolist() == list(range(90))


def test_sets_are_chosen_whole(rng):
    assert chosen(500, "probe", rng, "set").tolist() == list(range(500))
    assert len(chosen(500, "attacker", rng, "set")) == 0
    sizes = {len(chosen(500, "probe", rng, "picture")) for _ in range(50)}
    assert min(sizes) >= 32
    assert max(sizes) <= 64
    assert len(sizes) > 10
