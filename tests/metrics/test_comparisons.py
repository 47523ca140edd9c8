import numpy as np
import pytest
from scipy import special

from bench.answers import Answers
from bench.metrics.accuracy import auc, top1
from bench.metrics.comparisons import difference, worst_case

pytestmark = pytest.mark.usefixtures("few_people")  # values by hand


def answered(right, n_people, n_classes=3):
    n = len(right)
    truth = np.arange(n) % n_classes
    predicted = np.where(right, truth, (truth + 1) % n_classes)
    scores = np.eye(n_classes, dtype=np.float32)[predicted]
    return Answers(scores, truth, np.arange(n) * n_people // n, np.arange(n))


def attackers(rng, shares, n_people, n_each=12):
    """Answers of attackers that find the same people easy."""
    ease = 0.4 * rng.standard_normal(n_people).repeat(n_each)
    own = 0.4 * rng.standard_normal((len(shares), n_people)).repeat(n_each, axis=1)
    noise = np.sqrt(1 - 2 * 0.4**2) * rng.standard_normal(own.shape)
    return [
        answered(each, n_people) for each in ease + own + noise < special.ndtri(shares)[:, None]
    ]


def person_means(rng, means, n_people):
    """Values of defenses, and the same without each person."""
    made = (
        means
        + rng.standard_normal((n_people, 1))
        + 0.5 * rng.standard_normal((n_people, len(means)))
    )
    return made.mean(axis=0), (made.sum(axis=0) - made) / (n_people - 1), made


def holds(truth, found):
    return np.mean([each.low <= truth <= each.high for each in found])


def test_difference_is_paired_whatever_the_order():
    first, second = attackers(np.random.default_rng(0), [0.9, 0.6], 30)
    order = np.random.default_rng(1).permutation(len(second))
    shuffled = Answers(
        second.scores[order], second.truth[order], second.person[order], second.image_id[order]
    )
    found = difference(first, shuffled)
    assert found == pytest.approx(difference(first, second), nan_ok=True)
    assert found.value == pytest.approx(top1(first).value - top1(second).value)
    assert 0 < found.low < found.value < found.high


def test_what_both_find_easy_cancels():
    rng = np.random.default_rng(0)
    first = rng.random(360) < rng.beta(1, 1, 30).repeat(12)
    second = first & (rng.random(360) < 0.9)
    found = difference(answered(first, 30), answered(second, 30))
    apart = [top1(answered(each, 30)) for each in (first, second)]
    assert found.high - found.low < 0.5 * max(each.high - each.low for each in apart)


def test_two_that_are_always_right_may_still_differ():
    always = answered(np.ones(96, bool), 8)
    found = difference(always, always)
    assert (found.value, found.high) == (0, pytest.approx(-found.low))
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 8), abs=0.003)  # of 8 people all right


def test_difference_about_other_pictures_is_refused():
    one = answered(np.ones(12, bool), 4)
    other = Answers(one.scores, one.truth, one.person, one.image_id + 1)
    with pytest.raises(ValueError, match="same pictures"):
        difference(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.5, 0.9), (0.9, 0.97)])
@pytest.mark.parametrize("n_people", [8, 30, 150])
def test_differences_cover(n_people, shares):
    rng = np.random.default_rng(2)
    found = [difference(*attackers(rng, shares, n_people)) for _ in range(1000)]
    assert holds(shares[0] - shares[1], found) >= 0.936


def test_one_attacker_is_its_own_worst_case():
    (only,) = attackers(np.random.default_rng(0), [0.7], 40)
    own = top1(only)
    expected = [own.value - own.chance, own.low - own.chance, own.high - own.chance]
    assert worst_case([only], [1])[:3] == pytest.approx(expected, abs=0.003)


def test_worst_case_of_two_classes_reads_signs():
    right = np.random.default_rng(0).random(120) < 0.8
    clever, wrong = answered(right, 30, n_classes=2), answered(~right, 30, n_classes=2)
    assert worst_case([wrong], [-1]).value == pytest.approx(auc(clever).value - 0.5)
    assert worst_case([wrong, clever], [1, 1]).value == pytest.approx(auc(clever).value - 0.5)
    assert difference(clever, wrong).value == pytest.approx(auc(clever).value - auc(wrong).value)


@pytest.mark.slow
@pytest.mark.parametrize("n_people", [8, 30])
def test_the_worst_of_many_needs_a_wider_interval(n_people):
    """Of ten attackers that are equally good, the interval of the best lies too high."""
    rng, share, naive, simultaneous = np.random.default_rng(4), 0.6, [], []
    for _ in range(400):
        each = attackers(rng, [share] * 10, n_people)
        naive.append(max(map(top1, each)))
        simultaneous.append(worst_case(each, [1] * 10))
    lows = [np.mean([found.low for found in each]) for each in (naive, simultaneous)]
    assert lows[1] < lows[0] - 1 / 3 - 0.02
    assert holds(share - 1 / 3, simultaneous) >= 0.94
    assert np.mean([found.value for found in simultaneous]) > share - 1 / 3 + 0.02  # the bias


@pytest.mark.slow
def test_the_worst_of_unequal_attackers_is_covered():
    rng, found = np.random.default_rng(5), []
    for _ in range(400):
        found.append(worst_case(attackers(rng, [0.4, 0.45, 0.8], 30), [1] * 3))
    assert holds(0.8 - 1 / 3, found) >= 0.928
