import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from bench.answers import Answers, Numbers, Templates
from bench.metrics.advantage import advantage, aligned, guessed
from bench.metrics.comparisons import difference, leakage
from bench.metrics.intervals import estimate
from bench.metrics.matching import _bins, identified, matching_statistic
from bench.runner.controls.canary import bit_ceiling, person_ceiling


def templates(n_people=12, n_others=3, noise=1.0, seed=0, sign=1):
    """Probe pictures of n_people, gallery pictures of these and of n_others."""
    rng = np.random.default_rng(seed)
    own = np.random.default_rng(99).standard_normal((n_people + n_others, 6))
    who = np.concatenate([np.arange(n_people), rng.integers(0, n_people, 40)])
    whom = rng.integers(0, n_people + n_others, 50)
    made = [own[p] + noise * rng.standard_normal((len(p), 6)) for p in (whom, who)]
    gallery, probe = (m.astype(np.float32) for m in made)
    rows = np.arange(len(whom)), 1000 + np.arange(len(who))
    return Templates(sign * gallery, probe, whom, who, *rows)


def pair_auc(some, without=None):
    scores = some.probe @ some.gallery.T
    mated = some.probe_person[:, None] == some.gallery_person
    kept = (some.probe_person != without)[:, None] & (some.gallery_person != without)
    return roc_auc_score(mated[kept], scores[kept])


def test_the_statistic_is_the_auc_of_all_pairs():
    some = templates()
    found = matching_statistic(some)(np.ones((1, len(some))))
    assert found[0] == pytest.approx(pair_auc(some), abs=2e-4)


def test_a_person_left_out_takes_all_own_pairs_along():
    some = templates()
    for person in (0, 5, 11):
        weights = (some.probe_person != person).astype(float)[None]
        left = matching_statistic(some)(weights)[0]
        assert left == pytest.approx(pair_auc(some, person), abs=2e-4)


@pytest.mark.parametrize("spread", [1.0, 1e-6])  # many edges in one cell of the table
def test_bins_are_found_as_by_a_search(spread):
    rng = np.random.default_rng(0)
    scores = (0.5 + spread * rng.standard_normal((40, 50))).astype(np.float32)
    edges = np.unique(np.append(np.quantile(scores, np.linspace(0, 1, 300)), -2.0))
    edges = np.append(edges, scores[3, 7].astype(float))  # a tie
    found = _bins(scores, np.sort(edges))
    np.testing.assert_array_equal(found, np.searchsorted(np.sort(edges), scores))


def test_weights_of_two_people_count_in_first_order():
    """A pair of two people of the probe counts w1 + w2 - 1 times (Hoeffding's projection)."""
    some = templates()
    weight = np.append(np.random.default_rng(2).integers(1, 4, 12), [1, 1, 1])  # of 3 not probed
    mated = some.probe_person[:, None] == some.gallery_person
    counted = np.empty(mated.shape)
    for i, who in enumerate(some.probe_person):
        for j, whom in enumerate(some.gallery_person):
            counted[i, j] = weight[who] + (0 if who == whom else weight[whom] - 1)
    scores = some.probe @ some.gallery.T
    wanted = roc_auc_score(mated.ravel(), scores.ravel(), sample_weight=counted.ravel())
    found = matching_statistic(some)(weight[some.probe_person][None].astype(float))
    assert found[0] == pytest.approx(wanted, abs=2e-4)


def test_a_picture_is_not_compared_with_itself():
    rows, person = np.arange(4), np.array([0, 0, 1, 1])
    x = np.array([[1, 0], [0, 1], [0, 1], [1, 0]], np.float32)  # each person two opposite pictures
    some = Templates(x, x, person, person, rows, rows)
    assert matching_statistic(some)(np.ones((1, 4)))[0] == pytest.approx(0.25)


@pytest.mark.parametrize("person", [np.zeros(4, int), np.arange(4)])
def test_without_pairs_of_both_kinds_there_is_no_number(person):
    x = np.eye(4, dtype=np.float32)
    other = person if len(set(person)) == 1 else person + 10
    some = Templates(x, x, other, person, np.arange(4), np.arange(4, 8))
    with pytest.raises(ValueError, match="expected mated and non-mated pairs"):
        matching_statistic(some)


def test_identification_takes_the_nearest_picture_of_each_person():
    gallery = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    probe = np.array([[0.9, 0.4], [0.1, 1.0]], np.float32)
    some = Templates(
        gallery, probe, np.array([0, 2, 2]), np.array([2, 2]), np.arange(3), np.arange(3, 5)
    )
    answers = identified(some, 4)
    assert answers.scores.argmax(axis=1).tolist() == [2, 2]
    np.testing.assert_allclose(answers.scores[0], [0.9, -2, 0.96, -2], atol=1e-6)


def test_leakage_of_templates_compares_the_same_probes():
    strong, weak = templates(noise=0.5), templates(noise=2.5)
    shares = [pair_auc(some) - 0.5 for some in (weak, strong)]
    found = leakage(weak, 1, strong, 1)
    assert found.value == pytest.approx(shares[0] / shares[1], abs=1e-3)
    assert found.low < found.value < found.high
    order = np.random.default_rng(1).permutation(len(weak))
    turned = Templates(
        weak.gallery, weak.probe[order], weak.gallery_person,
        weak.probe_person[order], weak.gallery_image_id, weak.probe_image_id[order],
    )  # fmt: skip
    assert difference(weak, turned).value == pytest.approx(0)
    assert aligned(turned, weak).image_id.tolist() == weak.image_id.tolist()


def test_a_matcher_that_is_wrong_is_inverted():
    value, sign = advantage(templates(sign=-1))
    assert sign == -1
    assert value == pytest.approx(pair_auc(templates()) - 0.5, abs=1e-3)


def test_answers_of_other_kinds_are_not_compared():
    some = templates()
    answers = Answers(np.zeros((2, 2), np.float32), np.array([0, 1]), np.arange(2), np.arange(2))
    with pytest.raises(ValueError, match="of one kind about the same pictures"):
        aligned(some, answers)


def test_numbers_have_half_their_correlation_as_advantage():
    rng = np.random.default_rng(0)
    truth = rng.standard_normal(200)
    answers = Numbers(-truth + rng.standard_normal(200), truth, np.arange(200) // 4, np.arange(200))
    value, sign = advantage(answers)
    assert (sign, guessed(answers)) == (-1, 0.5)
    assert value == pytest.approx(-np.corrcoef(answers.values, truth)[0, 1] / 2)
    constant = Numbers(np.ones(200), truth, answers.person, answers.image_id)
    assert advantage(constant) == (0, 1)


def test_the_canarys_ceilings_are_those_of_the_best_attack():
    # Two Gaussians 3 standard deviations apart: Phi(3 / sqrt 2).
    assert bit_ceiling() == pytest.approx(0.98305, abs=1e-5)
    rng = np.random.default_rng(5)
    person = np.repeat(np.arange(300), 2)
    made = 1.1 * rng.standard_normal((300, 17))[person] + rng.standard_normal((600, 17))
    some = Templates(
        made[::2].astype(np.float32), made[1::2].astype(np.float32),
        person[::2], person[1::2], np.arange(300), np.arange(300, 600),
    )  # fmt: skip
    found = estimate(matching_statistic(some), some.person, 0.5)
    assert found.value < person_ceiling() < 0.99  # plain products are not quite the best
    assert found.value > person_ceiling() - 0.05
