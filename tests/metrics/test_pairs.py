from itertools import product

import numpy as np
import pytest

from bench.answers import Templates
from bench.metrics import pair_blocks, pairs
from bench.metrics.curves import auc, eer, histograms, min_cllr
from bench.metrics.pairs import comparison


def scored(templates):
    """The score of each pair, summed in float64."""
    exact = templates.probe.astype(float) @ templates.gallery.astype(float).T
    return exact.astype(np.float32)


def counted(templates, weights=None, group=None):
    """Weight of mated and non-mated pairs of each score, with loops."""
    found = [{}, {}]
    scores = scored(templates)
    for i, j in product(range(len(templates.probe)), range(len(templates.gallery))):
        one, two = templates.probe_person[i], templates.gallery_person[j]
        apart = group is not None and group[one] != group[two]
        if templates.probe_image_id[i] == templates.gallery_image_id[j] or apart:
            continue
        weight = 1 if weights is None else weights[one] * (weights[two] if one != two else 1)
        side, score = found[int(one != two)], float(scores[i, j])
        side[score] = side.get(score, 0) + weight
    return found


def against_itself(templates):
    """The gallery's pictures against one another."""
    gallery, person, ids = templates.gallery, templates.gallery_person, templates.gallery_image_id
    return Templates(gallery, gallery, person, person, ids, ids)


def as_counts(pairs, which=0):
    return [
        {s: w for s, w in zip(pairs.levels, side[which], strict=True) if w}
        for side in (pairs.mated, pairs.nonmated)
    ]


@pytest.mark.parametrize("itself", [False, True])
@pytest.mark.parametrize("group", [None, np.arange(9) % 2])
def test_every_pair_counts_once_and_none_with_itself(templates, itself, group):
    some = templates(6, 3, n_others=3)
    some = against_itself(some) if itself else some
    found = as_counts(comparison(some, group).point)
    for ours, looped in zip(found, counted(some, None, group), strict=True):
        assert sorted(ours.values()) == sorted(looped.values())
        assert sorted(ours) == pytest.approx(sorted(looped))


def test_people_left_out_lose_all_their_pairs(templates):
    """Few levels, so that the bins of the people left out are the scores."""
    some = templates(5, 2, n_others=1)
    rough = Templates(
        np.round(some.gallery), np.round(some.probe), *(getattr(some, f) for f in FIELDS)
    )
    found = comparison(rough)
    for person in range(6):
        for ours, looped in zip(
            as_counts(found.left_out, person),
            counted(rough, (np.arange(6) != person).astype(float)),
            strict=True,
        ):
            assert ours == pytest.approx({s: w for s, w in looped.items() if w})


def test_very_many_people_are_left_out_in_groups():
    weights = pairs._weights(2000)
    assert weights.shape == (400, 2000)
    assert (weights.sum(axis=0) == 399).all()
    assert (pairs._weights(40) == 1 - np.eye(40)).all()


FIELDS = ("gallery_person", "probe_person", "gallery_image_id", "probe_image_id")


def test_equal_bins_and_small_tiles_change_nothing_much(templates, monkeypatch):
    some = templates(40, 4)
    exact = comparison(some)
    monkeypatch.setattr(pair_blocks, "N_EXACT", 0)
    monkeypatch.setattr(pair_blocks, "_SCORES", 1000)
    binned = comparison(some)
    assert len(binned.point.levels) == pair_blocks.N_FINE
    for curve in (auc, eer, min_cllr):
        assert curve(binned.point) == pytest.approx(curve(exact.point), abs=2e-3)
        assert curve(binned.left_out) == pytest.approx(curve(exact.left_out), abs=5e-3)


def replicates(templates, group, n_draws):
    """Mated and non-mated pairs per score without a person, and of permutations, with loops."""
    people = np.union1d(templates.probe_person, templates.gallery_person)
    group = np.zeros(len(people)) if group is None else group[people]
    scores = scored(templates)
    counts = {}  # by person of the probe, person enrolled and score
    for i, j in product(range(len(scores)), range(scores.shape[1])):
        one, two = np.searchsorted(people, [templates.probe_person[i], templates.gallery_person[j]])
        differ = templates.probe_image_id[i] != templates.gallery_image_id[j]
        if group[one] == group[two] and differ:
            key = one, two, float(scores[i, j])
            counts[key] = counts.get(key, 0) + 1
    paired = np.unique([one for one, two, _ in counts if one == two])
    rng = np.random.default_rng(20180615)
    order = np.argsort(group[paired] + rng.random((1000, len(paired))), axis=1)[:n_draws]
    sorted_by_group = paired[np.argsort(group[paired], kind="stable")]
    found = [[{}, {}, {}] for _ in range(n_draws)]
    for draw, sides in enumerate(found):
        stands_for = dict(zip(sorted_by_group, paired[order[draw]], strict=True))
        for (one, two, score), count in counts.items():
            if draw not in (one, two):
                side = sides[int(one != two)]
                side[score] = side.get(score, 0) + count
            if stands_for.get(two) == one:
                sides[2][score] = sides[2].get(score, 0) + count
    return found


@pytest.mark.parametrize("itself", [False, True])
@pytest.mark.parametrize("group", [None, np.arange(45) % 2])
@pytest.mark.parametrize("dense", [0, 10**9])  # few or many pictures per person
@pytest.mark.parametrize("n_scores", [40, 2**18])
def test_people_left_out_and_permutations_agree_with_loops(
    templates, monkeypatch, itself, group, dense, n_scores
):
    some = templates(40, 2, n_others=5, width=3)
    uneven = np.r_[0:20, 21:80]  # one person has one picture
    some = Templates(
        np.round(2 * some.gallery[uneven]), np.round(2 * some.probe), some.gallery_person[uneven],
        some.probe_person, some.gallery_image_id[uneven], some.probe_image_id,
    )  # fmt: skip
    some = against_itself(some) if itself else some
    monkeypatch.setattr(pairs, "_DENSE", dense)
    monkeypatch.setattr(pair_blocks, "_SCORES", n_scores)
    found = comparison(some, group)
    for draw, (mated, nonmated, permuted) in enumerate(replicates(some, group, 2)):
        assert as_counts(found.left_out, draw) == [mated, nonmated]
        assert as_counts(found.permuted, draw)[0] == permuted


def test_a_picture_counts_against_all_others_of_its_person(templates):
    """Also where its id is enrolled twice, as no data set has it."""
    some = templates(3, 2)
    ids = np.array([6, 6, 8, 9, 10, 11])
    some = Templates(
        some.gallery, some.probe, some.gallery_person, some.probe_person, ids, some.probe_image_id
    )
    found = comparison(some).point
    assert [sum(side.values()) for side in counted(some)] == [
        found.mated.sum(),
        found.nonmated.sum(),
    ]


def test_permuted_people_score_as_non_mated(templates):
    found = comparison(templates(40, 4, noise=0.3))
    assert auc(found.point)[0] > 0.99
    assert auc(found.permuted).mean() == pytest.approx(0.5, abs=0.03)
    assert found.permuted.mated.sum(axis=1) == pytest.approx(np.full(1000, 40 * 16))


def test_permuted_people_keep_to_their_group(templates):
    """With groups of one, each person stands for itself."""
    some, group = templates(6, 2), np.array([0, 0, 0, 1, 1, 2])
    found = comparison(some, group)
    total = found.permuted.mated.sum(axis=1)
    assert total == pytest.approx(np.full(1000, 6 * 4))
    assert found.n_people_pairs == 3 + 1


def test_pairs_of_people_are_counted_once(templates):
    assert comparison(templates(6, 2)).n_people_pairs == 15
    assert comparison(templates(6, 2, n_others=2)).n_people_pairs == 15 + 12
    assert comparison(against_itself(templates(6, 2))).n_people_pairs == 15


def test_people_known_by_one_picture_are_not_paired(templates):
    some = templates(5, 2)
    chosen = np.array([0, 2, 3, 4, 5])  # person 0 has one picture
    single = against_itself(
        Templates(
            some.gallery[chosen], some.probe, some.gallery_person[chosen], some.probe_person,
            some.gallery_image_id[chosen], some.probe_image_id,
        )
    )  # fmt: skip
    found = comparison(single)
    assert (found.n, found.n_people) == (4, 2)


@pytest.mark.parametrize(("n_people", "n_each"), [(1, 4), (4, 0)])
def test_one_kind_of_pairs_is_refused(templates, n_people, n_each):
    with pytest.raises(ValueError, match="expected mated and non-mated pairs, got"):
        comparison(templates(n_people, n_each))


def test_the_order_of_rows_does_not_matter(templates):
    some = templates(8, 3)
    order = np.random.default_rng(0).permutation(24)
    shuffled = Templates(
        some.gallery[order], some.probe[order], some.gallery_person[order] * 5 - 3,
        some.probe_person[order] * 5 - 3, some.gallery_image_id[order], some.probe_image_id[order],
    )  # fmt: skip
    one, two = (comparison(each) for each in (some, shuffled))
    assert auc(one.point) == pytest.approx(auc(two.point))
    assert auc(one.left_out) == pytest.approx(auc(two.left_out))


def test_scores_are_those_of_the_templates(templates):
    some = templates(5, 2)
    scores = (some.probe @ some.gallery.T).astype(np.float64)
    same = some.probe_person[:, None] == some.gallery_person
    expected = histograms(scores[same], scores[~same])
    assert auc(comparison(some).point) == pytest.approx(auc(expected))
