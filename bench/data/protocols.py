"""Evaluation protocols: how pictures are split between defender, attacker and probe.

| protocol | defender, attacker and probe have | the attacker validates on |
|---|---|---|
| `open` | disjoint people | people of its own |
| `closed` | disjoint takes of the same people | takes of its own |
| `closed-paper` | the same 85 % of each take's pictures; probe: the rest | pictures of its own |

Source: closed-paper is the split of Chen, Konrad, Ishwar, CVPR-W 2018 (frames of one clip lie on
both sides, which favours every attacker).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.api import ROLES, Role
from bench.faces import Faces, Labels

PROTOCOLS = ("open", "closed", "closed-paper")
PROBE_SHARE = 0.25  # of people or takes; of the rest, the attacker gets twice the defender's
VALID_SHARE = 0.25  # of the attacker's people or takes
PAPER_SHARE = 0.85  # of a take's pictures, for defender and attacker
N_PARTS = 4  # that share people or takes
_SHARERS = "defender, attacker, its validation part and the probe"

Mask = NDArray[np.bool_]
Ids = NDArray[np.int64]


class Parts(NamedTuple):
    """Masks over the pictures, (N,).

    Matchers enroll the gallery. Under `open`, it holds half of the takes of everybody in the probe
    or in the attacker's validation part who has two or more takes (all others are unknown people);
    under the closed protocols, the attacker's training pictures.
    """

    roles: Mapping[Role, Mask]
    valid: Mask  # the attacker's pictures that it validates on
    gallery: Mask


def new_image_ids(n: int, *seed: object) -> Ids:
    """Distinct random picture ids, (n,), equal for equal seeds; they do not follow the order."""
    rng = _rng("rows", *seed)
    ids: Ids = np.unique(rng.integers(2**62, size=n + 8))  # 8 more, in case some are equal
    return rng.permutation(ids)[:n]


new_rows = new_image_ids  # its name in 0.1


def parts(faces: Faces, protocol: str, *seed: object, probe: float = PROBE_SHARE) -> Parts:
    """`split` of the pictures by their labels."""
    return split(faces.labels, protocol, *seed, probe=probe)


def split(
    labels: Labels,
    protocol: str,
    *seed: object,
    probe: float = PROBE_SHARE,
    people: Sequence[str] = (),
) -> Parts:
    """Splits pictures between the roles, by `identity` and `take`.

    Without the label `take`, each picture is a take of its own. Another seed, another split.
    `probe` is the share of the people (or takes) in the probe; `closed-paper` has its own. Errors
    call the people by their names, if they are given.

    Raises:
        ValueError: if there are too few people or takes to give each role one.
    """
    rng = _rng("parts", protocol, *seed)
    person = np.asarray(labels["identity"], np.int64)
    take = np.asarray(labels.get("take", np.arange(len(person))), np.int64)
    if protocol == "open":
        if (n := len(np.unique(person))) < N_PARTS:
            raise ValueError(f"{_SHARERS} cannot share {n} people; give at least {N_PARTS} people")
        dealt = _split_groups(person, np.zeros_like(person), rng, probe)
        evaluated = dealt.roles["probe"] | dealt.valid
        half = [takes[: len(takes) // 2] for takes in _shuffled(take, person, rng)]
        return dealt._replace(gallery=evaluated & np.isin(take, np.concatenate(half)))
    if protocol == "closed":
        _check_takes(take, person, people)
        return _split_groups(take, person, rng, probe)
    similar = take if "take" in labels else person  # pictures that resemble one another
    learn = _share_of_each(similar, PAPER_SHARE, rng)
    valid = learn & ~_share_of_each(similar, PAPER_SHARE, rng)
    if learn.all() or not valid.any():
        raise ValueError("closed-paper needs several pictures of a take; use another protocol")
    return Parts({"defender": learn, "attacker": learn, "probe": ~learn}, valid, learn & ~valid)


def _check_takes(take: Ids, person: Ids, people: Sequence[str]) -> None:
    """Raises ValueError if a person has fewer takes than there are parts."""
    _, first = np.unique(take, return_index=True)
    numbers, n_takes = np.unique(person[first], return_counts=True)
    few = np.flatnonzero(n_takes < N_PARTS)
    if len(few):
        number, n = int(numbers[few[0]]), int(n_takes[few[0]])
        takes = f"{n} take{'s' * (n > 1)} of {people[number] if people else f'person {number}'}"
        more = f" (and {len(few) - 1} more people have too few)" if len(few) > 1 else ""
        raise ValueError(
            f"{_SHARERS} cannot share the {takes}{more}; give at least {N_PARTS} takes of a "
            "person, or use protocol=open"
        )


def _split_groups(group: Ids, within: Ids, rng: np.random.Generator, probe: float) -> Parts:
    """Gives whole groups (people, takes) to the roles, evenly within each of `within`."""
    shares = dict(zip(ROLES, ((1 - probe) / 3, 2 * (1 - probe) / 3, probe), strict=True))
    dealt = []
    for groups in _shuffled(group, within, rng):
        n = {role: max(1, round(share * len(groups))) for role, share in shares.items()}
        defender, probed, attacker = np.split(groups, [n["defender"], n["defender"] + n["probe"]])
        if len(attacker) < 2:
            raise ValueError(
                f"probe={probe:g} leaves the attacker too little; choose a smaller one"
            )
        n_valid = max(1, round(VALID_SHARE * len(attacker)))
        dealt.append((defender, attacker, probed, attacker[:n_valid]))
    *masks, valid = (np.isin(group, np.concatenate(ids)) for ids in zip(*dealt, strict=True))
    roles = dict(zip(shares, masks, strict=True))
    return Parts(roles, valid, roles["attacker"] & ~valid)


def _share_of_each(group: Ids, share: float, rng: np.random.Generator) -> Mask:
    """Random pictures of each group: at least one, but never all of several, (N,)."""
    picture, chosen = np.arange(len(group)), []
    for members in _shuffled(picture, group, rng):
        n = min(max(1, round(share * len(members))), max(1, len(members) - 1))
        chosen.append(members[:n])
    return np.isin(picture, np.concatenate(chosen))


def _shuffled(values: Ids, within: Ids, rng: np.random.Generator) -> Iterator[Ids]:
    """The values that occur within each group, in random order."""
    order = np.argsort(within, kind="stable")
    _, starts = np.unique(within[order], return_index=True)
    for members in np.split(order, starts[1:]):
        yield rng.permutation(np.unique(values[members]))


def _rng(*seed: object) -> np.random.Generator:
    digest = hashlib.sha256(repr(seed).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))
