"""Evaluation protocols: how pictures are split between defender, attacker and probe.

| protocol | defender, attacker and probe have | the attacker validates on |
|---|---|---|
| `open` | disjoint people | people of its own |
| `closed` | disjoint takes of the same people | takes of its own |
| `closed-paper` | the same 85 % of each take's pictures; probe: the rest | pictures of its own |

Source: closed-paper is the split of Chen, Konrad, Ishwar, CVPR-W 2018 (frames of one clip lie on
both sides, which flatters every attacker).
"""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.api import Role
from bench.faces import Faces

PROTOCOLS = ("open", "closed", "closed-paper")
SHARES: Mapping[Role, float] = {"defender": 0.25, "attacker": 0.5, "probe": 0.25}
VALID_SHARE = 0.25  # of the attacker's people or takes
PAPER_SHARE = 0.85  # of a take's pictures, for defender and attacker

Mask = NDArray[np.bool_]
Ids = NDArray[np.int64]


class Parts(NamedTuple):
    """Masks over the pictures, (N,).

    Attributes:
        roles: one per role.
        valid: the attacker's pictures that it validates on.
        gallery: pictures that matchers enroll. Under `open`, half of the takes of everybody in the
            probe or in the attacker's validation part who has two or more takes (all others are
            unknown people); under the closed protocols, the attacker's training pictures.
    """

    roles: Mapping[Role, Mask]
    valid: Mask
    gallery: Mask


def check_protocol(name: str) -> None:
    """Raises ValueError unless there is a protocol of this name."""
    if name not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {list(PROTOCOLS)}, got {name!r}")


def new_image_ids(n: int, *seed: object) -> Ids:
    """Distinct random picture ids, (n,), equal for equal seeds; they do not follow the order."""
    rng = _rng("rows", *seed)
    ids: Ids = np.unique(rng.integers(2**62, size=n + 8))  # 8 more, in case some are equal
    return rng.permutation(ids)[:n]


new_rows = new_image_ids  # its name in 0.1


def parts(faces: Faces, protocol: str, *seed: object) -> Parts:
    """Splits the pictures between the roles.

    Args:
        faces: with the label `identity`; without `take`, each picture is a take of its own.
        protocol: one of PROTOCOLS.
        seed: changes the split.

    Raises:
        ValueError: if there are too few people or takes to give each role one.
    """
    rng = _rng("parts", protocol, *seed)
    person = np.asarray(faces.labels["identity"], np.int64)
    take = np.asarray(faces.labels.get("take", np.arange(len(person))), np.int64)
    if protocol == "open":
        split = _split_groups(person, np.zeros_like(person), rng, "people")
        evaluated = split.roles["probe"] | split.valid
        return split._replace(gallery=evaluated & _half_of_takes(take, person, rng))
    if protocol == "closed":
        return _split_groups(take, person, rng, "takes of a person")
    similar = take if "take" in faces.labels else person  # pictures that resemble one another
    learn = _share_of_each(similar, PAPER_SHARE, rng)
    valid = learn & ~_share_of_each(similar, PAPER_SHARE, rng)
    if learn.all() or not valid.any():
        raise ValueError("closed-paper needs several pictures of a take; use another protocol")
    return Parts({"defender": learn, "attacker": learn, "probe": ~learn}, valid, learn & ~valid)


def _split_groups(group: Ids, within: Ids, rng: np.random.Generator, what: str) -> Parts:
    """Gives whole groups (people, takes) to the roles, evenly within each of `within`."""
    chosen: dict[Role, list[Ids]] = {role: [] for role in SHARES}
    valid: list[Ids] = []
    for outer in np.unique(within):
        groups = rng.permutation(np.unique(group[within == outer]))
        if len(groups) < 4:
            raise ValueError(
                f"defender, attacker, its validation part and the probe cannot share {len(groups)} "
                f"{what}; give at least 4 {what}"
            )
        n_defender = max(1, round(SHARES["defender"] * len(groups)))
        n_probe = max(1, round(SHARES["probe"] * len(groups)))
        chosen["defender"].append(groups[:n_defender])
        chosen["probe"].append(groups[n_defender : n_defender + n_probe])
        rest = groups[n_defender + n_probe :]
        chosen["attacker"].append(rest)
        valid.append(rest[: max(1, round(VALID_SHARE * len(rest)))])
    roles = {role: np.isin(group, np.concatenate(ids)) for role, ids in chosen.items()}
    held_out = np.isin(group, np.concatenate(valid))
    return Parts(roles, held_out, roles["attacker"] & ~held_out)


def _half_of_takes(take: Ids, person: Ids, rng: np.random.Generator) -> Mask:
    """Half of each person's takes, rounded down, (N,)."""
    chosen: list[Ids] = []
    for one in np.unique(person):
        takes = rng.permutation(np.unique(take[person == one]))
        chosen.append(takes[: len(takes) // 2])
    return np.isin(take, np.concatenate(chosen))


def _share_of_each(group: Ids, share: float, rng: np.random.Generator) -> Mask:
    """Random pictures of each group: at least one, but never all of several, (N,)."""
    chosen = np.zeros(len(group), bool)
    for one in np.unique(group):
        members = rng.permutation(np.flatnonzero(group == one))
        n = min(max(1, round(share * len(members))), max(1, len(members) - 1))
        chosen[members[:n]] = True
    return chosen


def _rng(*seed: object) -> np.random.Generator:
    digest = hashlib.sha256(repr(seed).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))
