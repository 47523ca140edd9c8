"""Who is the defender's, who the attacker's, and who is asked about.

| protocol | defender, attacker and probe are | the attacker validates on |
|---|---|---|
| `open` | disjoint people | people of its own |
| `closed` | disjoint takes of the same people | takes of its own |
| `closed-paper` | one: 85 % of each take's pictures; probe: the rest | pictures of its own |

Source: closed-paper is the split of Chen, Konrad, Ishwar, CVPR-W 2018 (frames of a clip lie on both
sides of it, which flatters every attacker).
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
        valid: what the attacker validates on, of its own.
        gallery: what matchers enroll. Under `open`, half of the takes of everybody in the probe and
            in the attacker's validation part who has two (the others are strangers); under the
            closed protocols all that the attacker trains on, which shows the same people.
    """

    roles: Mapping[Role, Mask]
    valid: Mask
    gallery: Mask


def check_protocol(name: str) -> None:
    """Raises ValueError unless a protocol is called so."""
    if name not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {list(PROTOCOLS)}, got {name!r}")


def new_rows(n: int, *seed: object) -> Ids:
    """Picture ids that say nothing: distinct random numbers, (n,), equal for equal seeds."""
    rng = _rng("rows", *seed)
    rows: Ids = np.unique(rng.integers(2**62, size=n + 8))  # spare ones for equal draws
    return rng.permutation(rows)[:n]


def parts(faces: Faces, protocol: str, *seed: object) -> Parts:
    """Deals the pictures to the roles.

    Args:
        faces: with the label `identity`; without `take`, each picture is a take of its own.
        protocol: one of PROTOCOLS.
        seed: whatever else should redraw the parts.

    Raises:
        ValueError: if there are too few people or takes to give each role one.
    """
    rng = _rng("parts", protocol, *seed)
    person = np.asarray(faces.labels["identity"], np.int64)
    take = np.asarray(faces.labels.get("take", np.arange(len(person))), np.int64)
    if protocol == "open":
        dealt = _by_group(person, np.zeros_like(person), rng, "people")
        asked = dealt.roles["probe"] | dealt.valid
        return dealt._replace(gallery=asked & _enrolled(take, person, rng))
    if protocol == "closed":
        return _by_group(take, person, rng, "takes of a person")
    scene = take if "take" in faces.labels else person  # whose pictures are alike
    learn = _share_of(np.arange(len(take)), scene, PAPER_SHARE, rng)
    valid = learn & ~_share_of(np.arange(len(take)), scene, PAPER_SHARE, rng)
    if learn.all() or not valid.any():
        raise ValueError("closed-paper wants several pictures of a take; use another protocol")
    return Parts({"defender": learn, "attacker": learn, "probe": ~learn}, valid, learn & ~valid)


def _by_group(group: Ids, within: Ids, rng: np.random.Generator, what: str) -> Parts:
    """Deals whole groups (people, takes) to the roles, evenly within each of `within`."""
    dealt: dict[Role, list[Ids]] = {role: [] for role in SHARES}
    valid: list[Ids] = []
    for outer in np.unique(within):
        groups = rng.permutation(np.unique(group[within == outer]))
        if len(groups) < 4:
            raise ValueError(
                f"{len(groups)} {what} cannot serve defender, attacker, its validation and "
                f"probe; give at least 4 {what}"
            )
        n_defender = max(1, round(SHARES["defender"] * len(groups)))
        n_probe = max(1, round(SHARES["probe"] * len(groups)))
        dealt["defender"].append(groups[:n_defender])
        dealt["probe"].append(groups[n_defender : n_defender + n_probe])
        mine = groups[n_defender + n_probe :]
        dealt["attacker"].append(mine)
        valid.append(mine[: max(1, round(VALID_SHARE * len(mine)))])
    roles = {role: np.isin(group, np.concatenate(ids)) for role, ids in dealt.items()}
    held = np.isin(group, np.concatenate(valid))
    return Parts(roles, held, roles["attacker"] & ~held)


def _enrolled(take: Ids, person: Ids, rng: np.random.Generator) -> Mask:
    """Half of each person's takes, rounded down, (N,)."""
    chosen: list[Ids] = []
    for one in np.unique(person):
        takes = rng.permutation(np.unique(take[person == one]))
        chosen.append(takes[: len(takes) // 2])
    return np.isin(take, np.concatenate(chosen))


def _share_of(item: Ids, group: Ids, share: float, rng: np.random.Generator) -> Mask:
    """A random share of the items of each group, at least one and never all of several, (N,)."""
    chosen = np.zeros(len(item), bool)
    for outer in np.unique(group):
        members = rng.permutation(np.flatnonzero(group == outer))
        n = min(max(1, round(share * len(members))), max(1, len(members) - 1))
        chosen[members[:n]] = True
    return chosen


def _rng(*seed: object) -> np.random.Generator:
    digest = hashlib.sha256(repr(seed).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))
