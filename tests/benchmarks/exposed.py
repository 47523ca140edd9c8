"""How often `exposed` finds whom it should: `python tests/benchmarks/exposed.py`, 15 minutes.

Prints for each case the share of runs in which all betrayed are exposed, and somebody else.
"""

import sys

import numpy as np

from bench.answers import Answers
from bench.metrics.exposed import exposed

N_RUNS = 200
TAKES = {"4 takes of 5 to 10": (4, 5, 10), "6 takes of 1": (6, 1, 1)}  # number, pictures


def pictures(rng, n_people, takes):
    """Person and take of each picture."""
    n_takes, fewest, most = takes
    size = rng.integers(fewest, most + 1, n_people * n_takes)
    take = np.repeat(np.arange(len(size)), size)
    return take // n_takes, take


def named(rng, name, n_people, noise):
    """Scores that name these people, with noise."""
    return np.eye(n_people)[name] * 3 + noise * rng.standard_normal((len(name), n_people))


def betrayed(n_betrayed, noise):
    """The first people are named rightly in 90 %, the rest at chance."""

    def scores(rng, person, take, n_people):
        name = rng.integers(0, n_people, len(person))
        right = (person < n_betrayed) & (rng.random(len(person)) < 0.9)
        return named(rng, np.where(right, person, name), n_people, noise)

    return scores


def one_name(rng, person, take, n_people):
    """Always the same name."""
    return named(rng, np.zeros_like(person), n_people, 0)


def constant(rng, person, take, n_people):
    """All scores alike."""
    return np.zeros((len(person), n_people))


def shuffled(noise):
    """Every person gets another's name, all different."""

    def scores(rng, person, take, n_people):
        return named(rng, rng.permutation(n_people)[person], n_people, noise)

    return scores


def mapped(noise, some=1.0):
    """Every person has some name, of which few may be in use."""

    def scores(rng, person, take, n_people):
        names = rng.integers(0, max(2, int(some * n_people)), n_people)
        return named(rng, names[person], n_people, noise)

    return scores


def effects(of_person, of_take):
    """Scores with random effects of person and take, per name."""

    def scores(rng, person, take, n_people):
        by_person, by_take, noise = (
            rng.standard_normal((n, n_people)) for n in (n_people, take.max() + 1, len(person))
        )
        return of_person * by_person[person] + of_take * by_take[take] + noise

    return scores


NULLS = {
    "one name": one_name,
    "constant": constant,
    "noise": effects(0, 0),
    "permuted": shuffled(0),
    "permuted, noisy": shuffled(2),
    "mapped": mapped(0),
    "mapped, noisy": mapped(2),
    "mapped to few, noisy": mapped(2, 0.2),
    "person effects 0.3": effects(0.3, 0),
    "person effects 1": effects(1, 0),
    "person effects 3": effects(3, 0),
    "take effects 1": effects(0, 1),
    "person and take effects": effects(1, 1),
}


def run(case, n_people, takes, n_betrayed, n_runs=N_RUNS):
    """Shares of the runs in which all betrayed are exposed, and in which somebody else is."""
    all_found = others = 0
    for seed in range(n_runs):
        rng = np.random.default_rng(seed)
        person, take = pictures(rng, n_people, takes)
        scores = case(rng, person, take, n_people).astype(np.float32)
        found = exposed(Answers(scores, person, person, np.arange(len(person))), take).people
        all_found += set(range(n_betrayed)) <= set(found)
        others += any(p >= n_betrayed for p in found)
    return all_found / n_runs, others / n_runs


def main(n_runs=N_RUNS):
    """Prints all cases."""
    print("people | takes | case | all betrayed exposed | somebody else exposed")
    for how, takes in TAKES.items():
        for n_people, n_betrayed in ((12, 1), (30, 2), (75, 4)):
            for noise in (0, 1):
                found = run(betrayed(n_betrayed, noise), n_people, takes, n_betrayed, n_runs)
                print(n_people, how, f"{n_betrayed} betrayed, noise {noise}", *found, sep=" | ")
            for name, case in NULLS.items():
                found = run(case, n_people, takes, 0, n_runs)
                print(n_people, how, name, "", found[1], sep=" | ", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
