"""Whether a defense treats a picture alike, however it is asked about it.

A defense that behaves well only when many pictures come, or only for one role, shows nothing. The
stage `ask_again` asks; this module says about which pictures, and reads the answers.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench.faces import Array, Images

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]
Groups = Sequence[Ids]  # the places of the pictures of each call
WorksOn = Literal["picture", "set"]

N_CHOSEN = (32, 64)  # pictures of each role, at least and at most
N_ALONE = 16  # pictures that are asked about alone
N_FEW, FEW = 6, (2, 15)  # groups, and pictures in each

LEVELS = 1  # that networks may round differently in a batch of another size
CODE_SHARE = 1e-3  # of a number's standard deviation, likewise
ROUNDING = 1e-6  # of the largest number of a code: float32, where a number hardly varies
CODES = ".codes"  # after a question about codes


def chosen(n: int, role: str, rng: np.random.Generator, works_on: WorksOn) -> Ids:
    """Which of a role's n pictures are asked about: some, or the whole set of the probe."""
    if works_on == "set":
        return np.arange(n if role == "probe" else 0)
    size = int(rng.integers(N_CHOSEN[0], N_CHOSEN[1] + 1))
    return np.asarray(rng.permutation(n)[:size], np.int64)


def questions(
    n_probe: int, n_attacker: int, rng: np.random.Generator, works_on: WorksOn
) -> Mapping[str, Groups]:
    """The calls of each question; places count the probe's pictures, then the attacker's.

    Sizes are drawn: a defense must not know these calls by their size.
    """
    probe, everyone = np.arange(n_probe), np.arange(n_probe + n_attacker)
    sets = {"twice": [probe], "shuffled": [rng.permutation(probe)]}
    if works_on == "set":
        return sets
    mixed = rng.permutation(everyone)
    ends = np.cumsum(rng.integers(FEW[0], FEW[1] + 1, N_FEW))
    return {
        "alone": [mixed[i : i + 1] for i in range(min(N_ALONE, len(mixed)))],
        "few": [group for group in np.split(mixed, ends)[:N_FEW] if len(group)],
        **sets,
        "company": [rng.permutation(everyone)],
    }


def grey_levels(again: Images, before: Images) -> Floats:
    """The largest difference of each picture, (N,)."""
    apart = np.abs(np.subtract(again, before, dtype=np.int16))
    return np.asarray(apart.max(axis=(1, 2, 3)), np.float32)


def code_spread(codes: Floats) -> Floats:
    """The unit of differences of codes: the standard deviation of each number, (D,)."""
    rounding = ROUNDING / CODE_SHARE * np.abs(codes).max(initial=1e-30)
    return np.asarray(codes.std(axis=0) + rounding, np.float32)


def code_gap(again: Floats, before: Floats, spread: Floats) -> Floats:
    """The largest difference of each code, (N,), in units of the spread."""
    return np.asarray((np.abs(again - before) / spread).max(axis=1, initial=0), np.float32)


def instability(arrays: Mapping[str, Array], meta: Mapping[str, object]) -> str:
    """The first question that was answered otherwise than before, in words; empty if none was.

    Takes what the stage stored: by question `grey_levels`, by question and CODES `code_gap`, (N,),
    and in `failures` by question the error that it raised.
    """
    failures = meta.get("failures")
    for question, error in failures.items() if isinstance(failures, Mapping) else ():
        return f"asked again ({question.removesuffix(CODES)}), it raises {error}"
    for question, values in arrays.items():
        gap, code = np.asarray(values, np.float32), question.endswith(CODES)
        if n_apart := int((gap > (CODE_SHARE if code else LEVELS)).sum()):
            what, unit = ("codes", "standard deviations") if code else ("pictures", "grey levels")
            return (
                f"asked again ({question.removesuffix(CODES)}), {n_apart} of {len(gap)} {what} "
                f"differ, by up to {gap.max():.3g} {unit}"
            )
    return ""
