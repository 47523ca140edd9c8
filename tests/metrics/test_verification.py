from math import comb

import numpy as np
import pytest
from scipy import stats

from bench.answers import Templates
from bench.metrics import curves, intervals
from bench.metrics.declared import METRICS
from bench.metrics.intervals import standard_error, wilson
from bench.metrics.pairs import comparison
from bench.metrics.verification import auc, eer, linkability, min_cllr, tmr


def line(scores, person):
    """One gallery picture of each person, which scores what the probes give."""
    scores, person = np.asarray(scores, np.float32), np.asarray(person)
    n = int(person.max()) + 1
    rows = np.arange(n), np.arange(len(scores)) + n
    return Templates(np.eye(n, dtype=np.float32), scores, np.arange(n), person, *rows)


def test_three_probes_by_hand():
    # Mated: 9, 5, 4; others: 3, 6, 1, 2, 4, 0.
    found = comparison(line([[9, 3, 6], [1, 5, 2], [4, 0, 4]], [0, 1, 2]))._replace(n_people=8)
    assert auc(found).value == pytest.approx((6 + 5 + 4.5) / 18)
    assert auc(found)[3:] == (3, 0.5)
    # At 4 FMR and FNMR are 1/3 and 0; at 5, 1/6 and 1/3.
    assert eer(found).value == pytest.approx(2 / 9)


def test_chance_levels(templates):
    pairs = comparison(templates(30, 3, noise=50))
    found = [auc(pairs), eer(pairs), tmr(pairs, 0.1), min_cllr(pairs)]
    assert [estimate.chance for estimate in found] == [0.5, 0.5, 0.1, 1]
    for estimate in found:
        assert estimate.value == pytest.approx(estimate.chance, abs=0.06)


@pytest.mark.parametrize(("fmr", "n_people"), [(0.1, 25), (0.01, 78), (0.001, 246)])
def test_a_low_fmr_wants_people(templates, fmr, n_people):
    def of(n):
        return comparison(templates(8, 2))._replace(n_people_pairs=n * (n - 1) // 2)

    assert tmr(of(n_people), fmr).chance == fmr
    with pytest.raises(
        ValueError, match=f"for FMR {fmr:g}, got .* use a higher FMR or more people"
    ):
        tmr(of(n_people - 1), fmr)


def test_metrics_without_support_are_refused(templates):
    message = r"expected 300 different pairs of people for FMR 0\.1, got 45"
    with pytest.raises(ValueError, match=message):
        tmr(comparison(templates(10, 3)), 0.1)


def test_linkability_wants_pairs(templates):
    with pytest.raises(ValueError, match="expected 20 mated pairs for linkability, got 16"):
        linkability(comparison(templates(4, 2)))


def test_without_a_link_linkability_is_at_its_mean_over_permutations(templates):
    blind, linked = (comparison(templates(40, 4, noise)) for noise in (1e6, 1))
    found = linkability(blind)
    assert found.value == pytest.approx(found.chance, abs=0.03)
    assert found.chance > 0
    assert linkability(linked).low > linkability(linked).chance


def test_flipped_scores_flip_the_auc(templates):
    some = templates(10, 3)
    flipped = Templates(
        some.gallery, -some.probe, some.gallery_person, some.probe_person,
        some.gallery_image_id, some.probe_image_id,
    )  # fmt: skip
    one, two = (auc(comparison(each)) for each in (some, flipped))
    assert two.value == pytest.approx(1 - one.value)
    assert (two.low, two.high) == pytest.approx((1 - one.high, 1 - one.low), abs=1e-6)
    assert eer(comparison(flipped)).value > 0.5


@pytest.mark.parametrize("n_people", [10, 40])
def test_a_perfect_matcher_has_the_interval_of_wilson_over_pairs_of_people(templates, n_people):
    found = auc(comparison(templates(n_people, 3, noise=1e-3)))
    n_pairs = min(comb(n_people, 2), 10 * n_people)
    assert (found.value, found.n) == (1, 3 * n_people)
    assert found.high == pytest.approx(1)
    assert found.low == pytest.approx(wilson(n_pairs, n_pairs)[0])


def test_seven_people_with_mated_pairs_are_too_few(templates, monkeypatch):
    monkeypatch.setattr(intervals, "MIN_PEOPLE_FOR_INTERVAL", 8)
    with pytest.raises(ValueError, match="expected 8 people or more for an interval, got 7"):
        auc(comparison(templates(7, 3, n_others=5)))


def test_the_interval_is_students_t_on_logits(templates):
    found = comparison(templates(12, 3, noise=1.5, width=8))
    value, values = curves.auc(found.point)[0], curves.auc(found.left_out)
    half = stats.t.ppf(0.975, 11) * standard_error(values) / (value * (1 - value))
    middle = np.log(value / (1 - value))
    ends = (1 / (1 + np.exp(-end)) for end in (middle - half, middle + half))
    floor = wilson(value * 66, 66)  # over the pairs of 12 people
    own, (low, high) = auc(found), ends
    assert (own.low, own.high) == pytest.approx((min(low, floor[0]), max(high, floor[1])))


def test_all_metrics_lie_in_their_intervals(templates):
    found = comparison(templates(40, 2))._replace(n_people_pairs=10**6)
    for metric in METRICS["templates"]:
        if metric.takes == "pairs":
            value, low, high, *_ = metric.compute(found)
            assert low <= value <= high, metric.name


@pytest.mark.slow
@pytest.mark.parametrize("n_people", [12, 30])
def test_intervals_over_people_cover(templates, n_people):
    metrics = [auc, eer] + [lambda found: tmr(found, 0.1)] * (n_people >= 25)
    many = templates(20_000, 1, noise=1.5, seed=999, width=8)
    scores = [(many.probe * np.roll(many.gallery, n, axis=0)).sum(axis=1) for n in (0, 1)]
    large = curves.histograms(*scores)
    truth = [curves.auc(large)[0], curves.eer(large)[0], curves.tmr(large, 0.1)[0]]
    hits = np.zeros(len(metrics))
    for seed in range(100):
        found = comparison(templates(n_people, 2, noise=1.5, seed=seed, width=8))
        for i, metric in enumerate(metrics):
            value = metric(found)
            hits[i] += value.low <= truth[i] <= value.high
    assert (hits >= 88).all(), hits
