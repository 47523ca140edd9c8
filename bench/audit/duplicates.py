"""Pictures that lie on both sides of a split."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from bench.api import ROLES
from bench.audit.findings import Finding, counted
from bench.audit.material import Ids, Material
from bench.faces import Images
from bench.metrics.looks import OUTLINE, outlines

ALIKE = 0.99  # correlation from which two pictures are near-duplicates
N_EXAMPLES = 3
_BLOCK = 1024


class Pair(NamedTuple):
    """Two pictures by their places, and how alike they are (correlation)."""

    first: int
    second: int
    alike: float


def duplicates(data: Material) -> Iterator[Finding]:
    """Equal and nearly equal pictures in different roles (`closed`: in different takes)."""
    side = _roles(data)
    closed = data.protocol == "closed"
    where, apart = ("takes", data.take) if closed else ("roles", side)
    kinds = {
        f"equal pictures in two {where}": (equal_pairs, "equal bytes"),
        f"like pictures in two {where}": (near_pairs, f"correlation at {OUTLINE} px >= {ALIKE}"),
    }
    for about, (pairs_of, rule) in kinds.items():
        pairs = pairs_of(data.faces.images, apart)
        examples = "; ".join(_told(pair, data, side) for pair in pairs[:N_EXAMPLES])
        reason = f"{rule}: {examples}" if examples else rule
        yield counted("duplicates", about, len(pairs), len(side), reason)


def equal_pairs(images: Images, apart: Ids) -> list[Pair]:
    """Pairs of equal pictures that lie apart; of many equal ones, each with the first."""
    first: dict[bytes, int] = {}
    pairs = []
    for place, image in enumerate(images):
        other = first.setdefault(image.tobytes(), place)
        if apart[other] != apart[place]:
            pairs.append(Pair(other, place, 1.0))
    return pairs


def near_pairs(images: Images, apart: Ids) -> list[Pair]:
    """Pairs of equal and nearly equal pictures that lie apart, the likest first."""
    grey = outlines(images)
    pairs: list[Pair] = []
    for start in range(0, len(grey), _BLOCK):
        stop = start + _BLOCK
        alike = grey[start:stop] @ grey[start:].T  # (block, the rest)
        near = (alike >= ALIKE) & (apart[start:stop, None] != apart[start:])
        found = np.nonzero(np.triu(near))
        pairs += map(Pair, *(places + start for places in found), alike[found])
    return sorted(pairs, key=lambda pair: -pair.alike)


def _roles(data: Material) -> Ids:
    """The role of each picture as its place in ROLES, (N,); shared ones count as the attacker's."""
    masks = [data.roles[role] for role in ROLES]
    return np.asarray(np.argmax(np.stack([masks[0] & ~masks[1], *masks[1:]]), axis=0))


def _told(pair: Pair, data: Material, side: Ids) -> str:
    ends = [f"{ROLES[side[i]]} {i} (person {data.person[i]})" for i in (pair.first, pair.second)]
    return f"{' ~ '.join(ends)} {pair.alike:.3f}"
