"""The strongest attacker is chosen on validation pictures, with its sign."""

from bench.reports.selection import strongest


def test_validation_chooses_and_the_probe_has_no_say(result):
    weak, strong = result(0.7, 0.95), result(0.8, 0.6)
    choice = strongest([weak, strong])
    assert choice.result is strong
    assert choice.sign == 1


def test_whoever_is_reliably_wrong_is_inverted(result):
    inverted = result(0.1, 0.1, attacker="mlp")
    choice = strongest([result(0.8, 0.8), inverted])
    assert (choice.result, choice.sign) == (inverted, -1)


def test_a_judge_of_utility_is_never_inverted(result):
    right = result(0.6, 0.6)
    choice = strongest([result(0.1, 0.1), right], inverts=False)
    assert (choice.result, choice.sign) == (right, 1)


def test_ties_go_to_the_first(result):
    first, second = result(0.8, 0.8), result(0.8, 0.8, attacker="mlp")
    assert strongest([first, second]).result is first


def test_without_answers_there_is_no_choice(result):
    assert strongest([]) is None
    assert strongest([result(0.8, 0.8)._replace(valid=None)]) is None


def test_one_class_alone_chooses_nobody(result):
    alone = result(0.8, 0.8)
    assert strongest([alone._replace(valid=alone.valid.pick(alone.valid.truth == 1))]) is None
