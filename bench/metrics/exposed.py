"""Which people an attack identifies, even where it fails on average."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.answers import Answers
from bench.metrics.intervals import Floats, Ids

LEVEL = 0.05  # of all people together
LEAST_AUC = 0.55  # a smaller AUC may be significant, but does not identify a person
_N_DRAWS = 10_000  # of takes, at least
_SEED = 20180615  # of the draws


class Exposure(NamedTuple):
    """Who is exposed."""

    people: Sequence[int]  # classes of the people exposed, ascending
    n_tested: int  # people with enough takes for a test


def exposed(answers: Answers, take: Ids) -> Exposure:
    """The people whom an attack tells from all others: identity only, class = person.

    Asked is the AUC, on own against other people's pictures, of a person's score, and of being the
    name with the highest score: of two tests, the first sees faint hints and the second a name that
    is right a few times. Exposed is who passes one of them in both ways:

    - The AUC is significant at 5 % by Holm over people and tests, if whole takes are permuted.
    - It stands out of what names do on *other* people. An attacker that consistently calls
      everybody by some wrong name is right about somebody in 63 % of all cases, and its takes are
      not exchangeable. So probit(AUC) has to exceed, by a factor of 1.1 + 4 / people, the level
      that names reach on others: the 95 % quantile of the highest of as many AUCs as are asked.

    Scores are compared after log-softmax, so that a picture's offset does not matter.

    Args:
        answers: scores of the person asked about in the column of their truth.
        take: the sitting of each picture, (N,), unique over people.

    Raises:
        ValueError: with pictures of fewer than 3 people, or with two people in one take.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979), 65-70 [holm1979tests]; for the
        highest of many, Sidak, JASA 62 (1967), 626-633 [sidak1967regions]. The factor is ours:
        without it, 8 % of consistent attackers at chance expose one of 12 people
        (tests/benchmarks/exposed.py).
    """
    people, person = np.unique(answers.truth, return_inverse=True)
    if len(people) < 3:
        raise ValueError(f"expected pictures of 3 people or more, got {len(people)}; add people")
    _, first, number = np.unique(take, return_index=True, return_inverse=True)
    owner = person[first]  # (T,)
    if n_mixed := len(np.unique(take[owner[number] != person])):
        raise ValueError(
            f"expected takes of one person each, got {n_mixed} of several; number takes over all "
            "people"
        )
    ranks, size = _ranks(answers.scores, people, number), np.bincount(number).astype(np.float64)
    stands_out = _stands_out(ranks, size, owner)
    p_values = _permuted(ranks, size, owner, stands_out)
    found = (stands_out & (_holm(p_values) <= LEVEL)).any(axis=0)
    n_tested = int(np.isfinite(p_values[0]).sum())
    return Exposure(tuple(people[found].tolist()), n_tested)


def _ranks(scores: NDArray[np.float32], people: Ids, take: Ids) -> Floats:
    """Sums of the ranks of each take's pictures in each test and person's score, (2, T, P)."""
    from scipy.stats import rankdata  # here: it is slow to import

    highest = scores == scores.max(axis=1, keepdims=True)
    enrolled = np.ptp(scores, axis=0) > 0  # the score of anybody else says nothing
    tests = (
        np.where(enrolled, special.log_softmax(scores.astype(np.float64), axis=1), 0),
        highest / highest.sum(axis=1, keepdims=True),
    )
    columns = [[test[:, name] for name in people] for test in tests]
    sums = [[np.bincount(take, weights=rankdata(c)) for c in test] for test in columns]
    return np.moveaxis(np.array(sums), 1, 2)  # (2, T, P)


def _auc(ranks: Floats, n: Floats, n_all: float) -> Floats:
    """AUC of n pictures with this sum of ranks against the others; ties count half."""
    return np.asarray((ranks - n * (n + 1) / 2) / (n * (n_all - n)))


def _permuted(ranks: Floats, size: Floats, owner: Ids, stands_out: NDArray[np.bool_]) -> Floats:
    """P-value of each person's AUC among those of as many takes drawn at random, (2, P).

    It is 1 where not asked for, which only makes Holm's test stricter, and nan with too few takes.
    """
    (n_tests, n_takes, n_people), rng = ranks.shape, np.random.default_rng(_SEED)
    n_own, n_all = np.bincount(owner), float(size.sum())
    n_draws = max(_N_DRAWS, int(2 * n_tests * n_people / LEVEL))
    found = np.full((n_tests, n_people), np.nan)
    for n in np.unique(n_own):
        if special.comb(n_takes, n) * LEVEL < n_tests * n_people:
            continue  # even the rarest of all draws is not significant
        found[:, n_own == n] = 1
        order = np.tile(np.arange(n_takes), (-(-n_draws // (n_takes // n)), 1))
        drawn = rng.permuted(order, axis=1)[:, : n_takes // n * n].reshape(-1, n)  # (B, n)
        n_drawn = size[drawn].sum(axis=1)
        for p in np.flatnonzero((n_own == n) & stands_out.any(axis=0)):
            own, column = owner == p, np.ascontiguousarray(ranks[:, :, p])  # (T,), (2, T)
            value = _auc(column[:, own].sum(axis=1, keepdims=True), size[own].sum(), n_all)
            null = _auc(column[:, drawn].sum(axis=2), n_drawn, n_all)  # (2, B)
            found[:, p] = (1 + (null >= value - 1e-9).sum(axis=1)) / (1 + len(drawn))
    return found


def _holm(p_values: Floats) -> Floats:
    """P-values adjusted for all that are not nan, in their shape."""
    flat = p_values.ravel()
    order = np.argsort(flat)  # nan last
    n = np.isfinite(flat).sum()
    adjusted = np.maximum.accumulate(flat[order] * (n - np.arange(len(order))))
    return np.asarray(adjusted[np.argsort(order)].reshape(p_values.shape))


def _stands_out(ranks: Floats, size: Floats, owner: Ids) -> NDArray[np.bool_]:
    """Whether each person's AUC stands out of those of names on other people, (2, P)."""
    n_tests, _, n_people = ranks.shape
    rows = np.zeros((n_people, n_tests, n_people))
    np.add.at(rows, owner, np.moveaxis(ranks, 1, 0))  # (person, test, name)
    n = np.bincount(owner, weights=size).astype(np.float64)[:, None, None]
    n_all = float(size.sum())
    edge = 0.5 / n  # of a picture: few pictures that are all right say little
    z = special.ndtri(np.clip(_auc(rows, n, n_all), edge, 1 - edge))
    share = (1 - LEVEL) ** (1 / (n_tests * n_people))
    others = z.swapaxes(1, 2)[~np.eye(n_people, dtype=bool)]  # (P * (P - 1), 2)
    level = np.quantile(others, share, axis=0, method="higher")[:, None]  # (2, 1)
    factor = 1.1 + 4 / n_people  # the fewer people, the less the quantile is known
    own = np.diagonal(z, axis1=0, axis2=2)  # (2, P)
    return np.asarray(own > np.maximum(factor * level, special.ndtri(LEAST_AUC)))
