"""Which people are exposed; tests/benchmarks/exposed.py has the error rates."""

import numpy as np
import pytest

from bench.answers import Answers
from bench.metrics.exposed import exposed
from bench.metrics.matching import identified


def asked(scores, person, take):
    scores = np.asarray(scores, np.float32)
    found = Answers(scores, person, person, np.arange(len(person)))
    return exposed(found, take)


def people(n_people, n_takes=4, n_each=5):
    """Person and take of each picture."""
    take = np.repeat(np.arange(n_people * n_takes), n_each)
    return take // n_takes, take


def test_two_betrayed_of_30_are_exposed_and_nobody_else():
    person, take = people(30)
    rng = np.random.default_rng(0)
    right = np.isin(person, [3, 17]) & (rng.random(len(person)) < 0.9)
    name = np.where(right, person, rng.integers(0, 30, len(person)))
    found = asked(np.eye(30)[name] + rng.standard_normal((len(name), 30)) / 3, person, take)
    assert found == ((3, 17), 30)


def test_people_who_are_all_recognised_are_all_exposed():
    person, take = people(12)
    rng = np.random.default_rng(0)
    scores = 3 * np.eye(12)[person] + rng.standard_normal((len(person), 12))
    assert asked(scores, person, take).people == tuple(range(12))


@pytest.mark.parametrize("name", ["one name", "no name", "noise"])
def test_an_attacker_that_sees_nothing_exposes_nobody(name):
    person, take = people(12)
    scores = np.zeros((len(person), 12))
    scores[:, 3] = name == "one name"
    if name == "noise":
        scores = np.random.default_rng(0).standard_normal(scores.shape)
    assert asked(scores, person, take) == ((), 12)


def test_who_is_right_about_one_person_by_calling_each_by_some_name_exposes_nobody():
    """Names of all but person 0 are moved by one: as a random permutation may do."""
    person, take = people(12)
    scores = np.eye(12)[np.where(person == 0, 0, person % 11 + 1)]
    scores += np.random.default_rng(0).standard_normal(scores.shape) / 2
    assert asked(scores, person, take).people == ()
    # Noise about the others, instead of names, leaves person 0 alone.
    scores[person > 0] = np.random.default_rng(1).standard_normal((44 * 5, 12))
    assert asked(scores, person, take).people == (0,)


def test_takes_and_not_pictures_are_counted():
    """One take of four is recognised, in all of its 100 pictures."""
    person, take = people(12, n_each=100)
    scores = np.random.default_rng(0).standard_normal((len(person), 12))
    scores[take == 0, 0] += 9
    assert asked(scores, person, take).people == ()
    assert asked(scores, person, np.arange(len(person))).people == (0,)


@pytest.mark.parametrize(("n_takes", "n_tested"), [(2, 0), (3, 8)])
def test_people_with_few_takes_are_not_tested(n_takes, n_tested):
    """Of 16 takes there are 120 pairs: 1/120 is not significant among 8 people."""
    person, take = people(8, n_takes)
    found = asked(np.eye(8)[person], person, take)
    assert (found.n_tested, len(found.people)) == (n_tested, n_tested)


def test_the_offset_of_a_picture_does_not_matter():
    person, take = people(12)
    rng = np.random.default_rng(0)
    scores = np.eye(12)[person] + rng.standard_normal((len(person), 12)) / 2
    moved = scores + 100 * rng.integers(0, 2, (len(person), 1))
    assert asked(moved, person, take) == asked(scores, person, take)


def test_matchers_expose_people_by_their_nearest_template(templates):
    enrolled = templates(10, 4, noise=0.3)
    take = np.arange(40)
    assert exposed(identified(enrolled, 10), take).people == tuple(range(10))


def test_who_is_not_enrolled_is_not_exposed():
    """Nobody looks like person 11, whose score is the same everywhere."""
    person, take = people(12)
    scores = 3 * np.eye(12)[person] + np.random.default_rng(0).standard_normal((len(person), 12))
    scores[:, 11] = -9
    assert asked(scores, person, take).people == tuple(range(11))


def test_unusable_takes_and_people_are_refused():
    person, take = people(12)
    with pytest.raises(ValueError, match="expected takes of one person each, got 4 of several"):
        asked(np.eye(12)[person], person, take % 4)
    with pytest.raises(ValueError, match="expected pictures of 3 people or more, got 2"):
        asked(np.eye(2)[person % 2], person % 2, take)
