import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, roc_auc_score, top_k_accuracy_score

from bench.answers import Answers
from bench.metrics.accuracy import (
    auc,
    auc_statistic,
    balanced_accuracy,
    balanced_statistic,
    names_target_identity,
    top1,
    top1_if_other,
    top1_statistic,
    top5,
)

pytestmark = pytest.mark.usefixtures("few_people")  # values by hand


def answers(scores, truth, person=None):
    """Answers; of fewer than 8 pictures each is there 8 times, of 8 people: no rate changes."""
    if person is None and 0 < len(truth) < 8:
        scores, truth = np.repeat(scores, 8, axis=0), np.repeat(truth, 8)
    scores = np.asarray(scores, np.float32)
    truth = np.asarray(truth, np.int64)
    person = np.arange(len(truth)) if person is None else np.asarray(person, np.int64)
    return Answers(scores, truth, person, np.arange(len(truth)))


def random_answers(seed, n=60, n_classes=2):
    rng = np.random.default_rng(seed)
    # Few distinct scores, so that there are ties.
    scores = rng.integers(0, 4, (n, n_classes)) / 2
    truth = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, n - n_classes)])
    return answers(scores, truth, rng.integers(0, 12, n))


def test_three_of_four():
    found = top1(answers(np.eye(4)[[0, 1, 2, 0]], [0, 1, 2, 3]))
    assert found.value == 0.75
    assert found.n == 4 * 8
    assert found.chance == 0.25


def test_chance_is_the_commonest_class():
    assert top1(answers(np.eye(2)[[0, 0, 0, 0]], [0, 0, 0, 1])).chance == 0.75


def test_top5_by_hand():
    scores = np.array([[7, 6, 5, 4, 3, 2, 1], [1, 1, 1, 1, 1, 1, 1], [7, 6, 5, 4, 3, 2, 1]])
    found = top5(answers(scores, [4, 3, 5]))
    assert found.value == pytest.approx((1 + 5 / 7 + 0) / 3)
    assert found.chance == 1  # three classes occur


def test_top5_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    scores, truth = rng.standard_normal((80, 9)).astype(np.float32), rng.permutation(80) % 9
    found = top5(answers(scores, truth))
    assert found.value == pytest.approx(top_k_accuracy_score(truth, scores, k=5))
    assert found.chance == pytest.approx(5 * 9 / 80)


def test_top5_of_five_classes_is_refused():
    with pytest.raises(ValueError, match="expected 6 classes or more for top-5, got 5"):
        top5(answers(np.eye(5), np.arange(5)))


def test_of_m_equal_scores_each_counts_1_of_m():
    scores = np.array([[1, 1, 0], [2, 0, 2], [0, 0, 0], [3, 1, 1]])
    assert top1(answers(scores, [0, 1, 2, 0])).value == pytest.approx((1 / 2 + 0 + 1 / 3 + 1) / 4)


@pytest.mark.parametrize("truth", [[0, 1, 2], [2, 2, 2, 2, 1, 0], [0, 0, 0, 1, 2]])
def test_equal_scores_are_a_guess_whatever_the_truths(truth):
    same = answers(np.ones((len(truth), 3)), truth)
    assert top1(same).value == pytest.approx(1 / 3)
    found = balanced_accuracy(same)
    assert found.value == pytest.approx(found.chance) == pytest.approx(1 / 3)


@pytest.mark.parametrize("metric", [top1, balanced_accuracy])
def test_no_answers_are_refused(metric):
    with pytest.raises(ValueError, match="expected answers about one picture or more, got none"):
        metric(answers(np.ones((0, 2)), []))


def test_balanced_accuracy_weighs_classes_alike():
    found = balanced_accuracy(answers(np.eye(2)[[0, 0, 0, 0]], [0, 0, 0, 1]))
    assert (found.value, found.chance) == (0.5, 0.5)


def test_equal_scores_give_an_auc_of_one_half():
    assert auc(answers(np.ones((5, 2)), [0, 1, 1, 1, 0])).value == 0.5


def test_auc_counts_pairs_by_hand():
    # Of 2 x 2 pairs: 3 in order, 1 tied.
    scores = np.array([[0, 1], [0, 3], [0, 3], [0, 4]])
    assert auc(answers(scores, [0, 0, 1, 1])).value == pytest.approx(3.5 / 4)


def test_flipped_scores_flip_the_auc():
    some = random_answers(1)
    flipped = answers(-some.scores, some.truth, some.person)
    assert auc(flipped).value == pytest.approx(1 - auc(some).value)


def test_auc_of_one_class_is_refused():
    with pytest.raises(ValueError, match="of which 1 occur"):
        auc(answers(np.ones((3, 2)), [1, 1, 1]))


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="finite"):
        answers([[0, np.nan]], [0])


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_values_agree_with_scikit_learn(seed):
    two = random_answers(seed)
    many = random_answers(seed, n_classes=5)
    untied = many.scores + np.random.default_rng(seed).random(many.scores.shape) / 4
    many = answers(untied, many.truth, many.person)  # argmax gives a tie to the first class
    margin = two.scores[:, 1] - two.scores[:, 0]
    assert auc(two).value == pytest.approx(roc_auc_score(two.truth, margin))
    predicted = many.scores.argmax(axis=1)
    assert balanced_accuracy(many).value == pytest.approx(
        balanced_accuracy_score(many.truth, predicted)
    )
    assert top1(many).value == pytest.approx((predicted == many.truth).mean())


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_weights_count_as_repeated_pictures(seed):
    some = random_answers(seed)
    weights = np.random.default_rng(seed).integers(0, 4, len(some))
    weights[:2] = 1  # both classes stay
    repeated = np.repeat(np.arange(len(some)), weights)
    for statistic in (top1_statistic, balanced_statistic, auc_statistic):
        more = answers(some.scores[repeated], some.truth[repeated])
        one = np.ones((1, len(repeated)))
        assert statistic(some)(weights[None].astype(float))[0] == pytest.approx(
            statistic(more)(one)[0]
        )


def named(classes, truth):
    return answers(np.eye(3)[np.repeat(classes, 8)], np.repeat(truth, 8), np.arange(8 * len(truth)))


def test_attackers_may_name_the_class_that_is_shown():
    # Pictures 0 and 1 show their own class; of the six others one is named truly, four as shown.
    truth = [0, 1, 0, 1, 2, 0, 1, 2]
    shown = np.repeat([0, 1, 1, 2, 0, 2, 0, 1], 8)
    some = named([0, 1, 1, 2, 0, 2, 1, 0], truth)
    assert names_target_identity(some, shown).value == pytest.approx(6 / 8)
    found = top1_if_other(some, shown)
    assert (found.value, found.n) == (pytest.approx(1 / 6), 6 * 8)


def test_accuracy_on_other_classes_is_undefined_where_all_show_their_own():
    with pytest.raises(ValueError, match="expected pictures that show another class"):
        top1_if_other(named([0, 1, 2, 0], [0, 1, 2, 0]), np.repeat([0, 1, 2, 0], 8))
