import numpy as np
import pytest
from scipy import integrate, stats

from bench.answers import Answers
from bench.metrics.information import bits


def answers(scores, truth):
    n = np.arange(len(truth))
    return Answers(np.asarray(scores, np.float32), np.asarray(truth, np.int64), n, n)


def halves(scores, truth):
    """Every second answer, and the rest for validation."""
    some = answers(scores, truth)
    even = np.arange(len(some)) % 2 == 0
    return some.pick(even), some.pick(~even)


def test_an_attacker_that_is_right_in_four_of_five_of_four_classes():
    truth = np.repeat(np.arange(4), 500)
    wrong = np.arange(2000) % 10 < 2  # alike in both halves
    said = np.where(wrong, (truth + 1 + np.arange(2000) // 10 % 3) % 4, truth)
    found = bits(*halves(100 * np.eye(4)[said], truth))
    of_channel = 2 + 0.8 * np.log2(0.8) + 0.2 * np.log2(0.2 / 3)
    assert found.value == pytest.approx(of_channel, abs=0.01)
    assert found.low < found.value < found.high
    assert found.chance == 0


@pytest.mark.parametrize("scale", [1, 50])
@pytest.mark.parametrize("n_of_class_1", [4000, 400])
def test_the_bound_is_tight_for_scores_that_are_posteriors(scale, n_of_class_1):
    """Two classes with normal scores, d' = 1, from an attacker that learned how frequent they are.

    The information is of classes weighted alike, however frequent they are.
    """
    counts = np.array([4000, n_of_class_1])
    rng = np.random.default_rng(0)
    truth = rng.permutation(np.repeat([0, 1], counts))
    x = rng.standard_normal(len(truth)) + truth
    log_odds = x - 0.5 + np.log(counts[1] / counts[0])
    found = bits(*halves(scale * np.stack([np.zeros(len(x)), log_odds], axis=1), truth))

    def information(at):
        density = stats.norm.pdf(at, [0, 1])
        return 0.5 * (density * np.log2(density / density.mean())).sum()

    wanted = integrate.quad(information, -8, 9)[0]
    assert found.value == pytest.approx(wanted, abs=0.03)


def test_equal_scores_give_no_bit():
    truth = np.arange(60) % 3
    found = bits(*halves(np.ones((60, 3)), truth))
    assert found[:3] == pytest.approx((0, 0, 0), abs=1e-12)


def test_noise_gives_no_bit_or_less():
    rng = np.random.default_rng(0)
    found = bits(*halves(rng.standard_normal((2000, 6)), rng.integers(0, 6, 2000)))
    assert -0.05 < found.value < 0.01


def test_one_error_after_none_in_validation_costs_little():
    truth = np.arange(48) % 12
    scores = 1000 * np.eye(12)[truth]
    valid = answers(scores, truth)
    perfect = bits(answers(scores, truth), valid).value
    assert perfect == pytest.approx(np.log2(12), abs=0.04)
    scores[0] = 1000 * np.eye(12)[5]
    lost = perfect - bits(answers(scores, truth), valid).value
    assert lost == pytest.approx(np.log2(12 * 49) / 48, abs=0.01)


def test_classes_that_do_not_occur_do_not_count():
    truth = np.arange(40) // 2 % 2
    scores = np.eye(2)[truth] + np.random.default_rng(0).standard_normal((40, 2))
    wider = np.concatenate([scores, np.full((40, 3), 9)], axis=1)
    assert bits(*halves(wider, truth)) == bits(*halves(scores, truth))


def test_too_few_classes_are_refused():
    one = answers(np.ones((4, 3)), [1, 1, 1, 1])
    with pytest.raises(ValueError, match="expected answers about two classes or more"):
        bits(one, one)
    with pytest.raises(ValueError, match="got 2 and 0"):
        bits(answers(np.ones((4, 3)), [0, 2, 0, 2]), one)
