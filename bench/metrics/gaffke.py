"""Bounds of the mean of numbers in 0..1, whatever their distribution."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_N_NUMBERS = 2**21  # of a table of draws
_N_DRAWS = (4000, 20_000)  # from 500 people on, and up to 100: the 97.5 % point to 0.1 or 0.2 %
_SEED = 20180615  # of the draws, so that results repeat exactly


@lru_cache(maxsize=4)
def draws(n_people: int) -> NDArray[np.float32]:
    """Weights of a Dirichlet distribution before they are divided by their sum, (B, P + 1)."""
    n_draws = int(np.clip(_N_NUMBERS // (n_people + 1), *_N_DRAWS))
    rng = np.random.default_rng(_SEED)
    return rng.standard_exponential((n_draws, n_people + 1), dtype=np.float32)


def bounds(values: Floats, weight: Floats, confidence: float) -> tuple[Floats, Floats]:
    """The low and the high end of the weighted means of S statistics over P people, (S,) each.

    People are weighted at random, as in a Bayesian bootstrap, together with one more person, who
    has 0 for the low and 1 for the high end. So both ends allow for people unlike those observed:
    if n people have 0, the high end is Clopper and Pearson's for 0 of n.

    Args:
        values: (P, S).
        weight: how much each person counts, (P,). The one more counts as much as the person of a
            picture drawn at random: with unequal weights the truth is sum(w v) / sum(w) over all
            people, not the mean over people.
        confidence: 0..1, of both ends together.

    Source: Gaffke, Mathematical Methods of Statistics 14 (2005), 451-467 [gaffke2005mean];
        Learned-Miller and Thomas, arXiv:1905.06208 (2019) [learnedmiller2019mean], who conjecture
        that it always holds.
    Differs from it: weights may be unequal.
    """
    drawn = draws(len(weight)).T  # (P + 1, B)
    share = (weight / weight.sum()).astype(np.float32)
    more = drawn[-1] * (share @ share)  # (B,)
    total = share @ drawn[:-1] + more  # (B,)
    known = (values.astype(np.float32).T * share) @ drawn[:-1]  # (S, B)
    nth = int(drawn.shape[1] * (1 - confidence) / 2)  # of the draws, from either end
    low = np.partition(known / total, nth, axis=1)[:, nth]
    high = np.partition((known + more) / total, -nth - 1, axis=1)[:, -nth - 1]
    return low.astype(np.float64), high.astype(np.float64)
