from dataclasses import replace
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.answers import Templates
from bench.metrics import identification
from bench.metrics.identification import fnir, gallery_of, rank, same_picture, search, sizes

pytestmark = pytest.mark.usefixtures("few_people")  # values by hand


def line(scores, person, n_enrolled=None):
    """One gallery picture of each person enrolled, which scores what the probes give."""
    scores, person = np.asarray(scores, np.float32), np.asarray(person)
    n = scores.shape[1]
    rows = np.arange(n), np.arange(len(scores)) + n
    return Templates(np.eye(n, dtype=np.float32), scores, np.arange(n), person, *rows)


def ties(seed, n_people=6, n_probes=30):
    rng = np.random.default_rng(seed)
    return line(rng.integers(0, 4, (n_probes, n_people)), rng.integers(0, n_people, n_probes))


def test_four_probes_by_hand():
    scores = [[9, 1, 2, 3], [5, 4, 1, 0], [3, 2, 1, 4], [0, 1, 2, 2]]
    found = search(line(scores, [0, 1, 2, 3]))
    assert found.better.tolist() == [0, 1, 3, 0]
    assert found.tied.tolist() == [0, 0, 0, 1]
    assert rank(found, 1).value == pytest.approx((1 + 0 + 0 + 0.5) / 4)
    assert [rank(found, k).value for k in (1, 2, 3)] == pytest.approx([1.5 / 4, 3 / 4, 3 / 4])
    assert [rank(found, k).chance for k in (1, 2, 3)] == [0.25, 0.5, 0.75]


def test_equal_scores_are_chance():
    found = search(line(np.ones((8, 10)), np.arange(8)))
    ranks = [rank(found, k) for k in range(1, 10)]
    for estimate in [*ranks, *(gallery_of(found, size) for size in (2, 5, 10))]:
        assert estimate.value == pytest.approx(estimate.chance)


def test_probes_without_a_hit_stay_in_the_denominator_and_others_do_not():
    scores = [[1, 0], [1, 0], [9, 0]]
    found = rank(search(line(scores, [0, 1, 7])), 1)
    assert (found.value, found.n) == (0.5, 2)


def test_a_person_is_the_mean_of_its_templates():
    gallery = np.array([[1, 0], [0, 1], [0.9, 0.1]], np.float32)
    probe = np.array([[1, 0]], np.float32)
    some = Templates(
        gallery, probe, np.array([4, 4, 2]), np.array([4]), np.arange(3), np.array([5])
    )
    assert search(some).own[0] == pytest.approx(np.sqrt(0.5))
    assert search(some).better.tolist() == [1]


def test_small_tiles_change_nothing(templates, monkeypatch):
    some = templates(7, 3, n_others=2)
    one = search(some)
    monkeypatch.setattr(identification, "_TILE", 5)
    two = search(some)
    for name in ("better", "tied", "enrolled"):
        assert (getattr(one, name) == getattr(two, name)).all()
    assert one.best == pytest.approx(two.best)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_rates_rise_with_rank_and_fall_with_people(seed):
    found = search(ties(seed))
    assert (np.diff([rank(found, k).value for k in range(1, 6)]) >= 0).all()
    assert (np.diff([gallery_of(found, n).value for n in range(2, 7)]) <= 1e-12).all()
    assert gallery_of(found, 6).value == pytest.approx(rank(found, 1).value)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_smaller_galleries_are_the_mean_over_all_draws(size):
    some = ties(3)
    scores, mean = some.probe, []
    for i, own in enumerate(some.probe_person):
        others = [j for j in range(6) if j != own]
        for drawn in combinations(others, size - 1):
            mine, rest = scores[i, own], scores[i, list(drawn)]
            mean.append((rest <= mine).all() / (1 + (rest == mine).sum()))
    assert len(mean) == 30 * comb(5, size - 1)
    assert gallery_of(search(some), size).value == pytest.approx(np.mean(mean))


def test_sizes_grow_by_ten():
    assert sizes(1000) == [10, 100, 1000]
    assert sizes(1680) == [10, 100, 1000, 1680]
    assert sizes(7) == [7]


def open_set(own, others):
    """Two enrolled and probed in turn with these scores; people 10, 11, ... are not enrolled."""
    scores = [[s, 0][:: 1 - 2 * (i % 2)] for i, s in enumerate(own)] + [[0, s] for s in others]
    return line(scores, [i % 2 for i in range(len(own))] + [10 + i for i in range(len(others))])


def test_fnir_by_hand():
    others = np.arange(1.0, 31)  # 28, 29, 30 may be found: the threshold lies above 27
    found = fnir(search(open_set([27, 27.5, 40, -1], others)), 0.1)
    assert found.value == 0.5  # 27 is too low; -1 is not the highest
    assert (found.n, found.chance) == (4, 1 - 0.1 / 2)


def test_others_that_tie_at_the_threshold_do_not_pass():
    others = np.repeat([1.0, 2.0], [26, 4])  # all four at 2 are too many
    assert fnir(search(open_set([2.0, 2.5], others)), 0.1).value == 0.5


def test_fnir_agrees_with_loops(templates):
    found = search(templates(20, 3, n_others=40))
    known, best = found.enrolled, found.best[~found.enrolled]
    lowest = min(t for t in [*found.best, np.inf] if np.mean(best >= t) <= 0.1)
    above = [t for t in [*found.own[known], np.inf] if np.mean(best >= t) <= 0.1]
    hit = (found.better[known] == 0) & (found.own[known] >= min(lowest, *above))
    assert fnir(found, 0.1).value == pytest.approx(1 - hit.mean())


def test_fnir_counts_repeated_probes(templates):
    found = search(templates(4, 2, n_others=31))
    weights = np.random.default_rng(0).integers(1, 4, len(found.person))
    again = np.repeat(np.arange(len(weights)), weights)
    fields = ("better", "tied", "own", "best", "person", "enrolled")
    more = replace(found, **{name: getattr(found, name)[again] for name in fields})
    weighted = identification._missed(found, 0.1)(weights[None].astype(float))
    assert weighted[0] == pytest.approx(fnir(more, 0.1).value)


def test_an_fpir_that_too_few_others_support_is_refused(templates):
    with pytest.raises(
        ValueError, match=r"expected 30 people who are not enrolled for FPIR 0\.1, got 29"
    ):
        fnir(search(templates(4, 2, n_others=29)), 0.1)


def test_a_perfect_matcher_finds_all(templates):
    found = search(templates(40, 3, noise=1e-3, n_others=40))
    assert rank(found, 1)[:1] == (1,)
    assert 0.9 < rank(found, 1).low < 1
    assert fnir(found, 0.1).value == pytest.approx(0)


def test_pictures_that_are_enrolled_themselves_are_refused(templates):
    some = templates(3, 2)
    with pytest.raises(ValueError, match="got 4 that are"):
        search(
            Templates(
                some.gallery, some.probe, some.gallery_person, some.probe_person,
                some.gallery_image_id, some.probe_image_id - 4,
            )
        )  # fmt: skip


def test_probes_of_other_people_alone_are_refused(templates):
    some = templates(3, 2)
    with pytest.raises(ValueError, match="got none of 6"):
        search(
            Templates(
                some.gallery, some.probe, some.gallery_person, some.probe_person + 3,
                some.gallery_image_id, some.probe_image_id,
            )
        )  # fmt: skip


@pytest.mark.parametrize("k", [0, 4])
def test_ranks_out_of_range_are_refused(k):
    with pytest.raises(ValueError, match="expected a rank of 1 to 3"):
        rank(search(line(np.eye(4), np.arange(4))), k)


@pytest.mark.parametrize("size", [1, 5])
def test_galleries_that_cannot_be_drawn_are_refused(size):
    with pytest.raises(ValueError, match="expected a gallery of 2 to 4 people"):
        gallery_of(search(line(np.eye(4), np.arange(4))), size)


def probes(probe, person, image_id=None):
    """Templates that enroll nobody of interest."""
    probe, person = np.asarray(probe, np.float32), np.asarray(person)
    image_id = np.arange(len(person)) if image_id is None else np.asarray(image_id)
    return Templates(probe[:1], probe, person[:1], person, np.array([-1]), image_id)


def test_the_same_picture_by_hand():
    raw = probes([[1, 0], [0, 1], [0.6, 0.8], [-1, 0]], [0, 1, 2, 2])
    released = probes([[1, 0], [0.6, 0.8], [0.6, 0.8], [0.8, 0.6]], [0, 1, 2, 2])
    # Person 1's scores: own 0.8, person 0's 0.6, person 2's first picture 1. The last one: own
    # -0.8, and two others above; that it is nearer to the person's other picture is no matter.
    found = same_picture(raw, released)
    assert found.better.tolist() == [0, 1, 0, 2]
    assert found.n_enrolled == 3
    assert rank(found, 1).value == 0.5
    assert gallery_of(found, 2).value == pytest.approx((1 + 0.5 + 1 + 0) / 4)


def test_the_order_of_released_pictures_does_not_matter(rng):
    probe = rng.standard_normal((12, 5)).astype(np.float32)
    raw = probes(probe, np.arange(12) // 3)
    turn = rng.permutation(12)
    released = probes(probe[turn] + 0.5, (np.arange(12) // 3)[turn], turn)
    first = rank(same_picture(raw, probes(probe + 0.5, np.arange(12) // 3)), 1)
    assert rank(same_picture(raw, released), 1) == first


def test_a_release_that_keeps_all_is_found_and_one_that_keeps_nothing_is_a_guess(templates):
    raw = templates(100, 3)
    assert gallery_of(same_picture(raw, raw), 100).value == 1
    nothing = replace(raw, probe=np.ones_like(raw.probe))
    blank = same_picture(nothing, nothing)
    for size in (10, 100):
        assert gallery_of(blank, size).value == pytest.approx(1 / size)
    noise = replace(raw, probe=templates(100, 3, seed=1).probe)
    found = gallery_of(same_picture(raw, noise), 10)
    assert found.low < 0.1 < found.high


def test_the_same_picture_agrees_with_loops(rng):
    person, n = np.repeat(np.arange(5), 4), 20
    raw, released = (probes(rng.standard_normal((n, 3)), person) for _ in range(2))
    found = same_picture(raw, released)
    for i in range(n):
        others = [4 * p for p in range(5) if p != person[i]]
        own = released.probe[i] @ raw.probe[i]
        assert found.better[i] == sum(released.probe[i] @ raw.probe[j] > own for j in others)


def test_releases_of_other_pictures_are_refused(templates):
    raw = templates(4, 2)
    with pytest.raises(ValueError, match="of the same pictures, got others"):
        same_picture(raw, replace(raw, probe_image_id=raw.probe_image_id + 1))
    with pytest.raises(ValueError, match="of two people or more, got one"):
        same_picture(probes(np.eye(3), [0, 0, 0]), probes(np.eye(3), [0, 0, 0]))
