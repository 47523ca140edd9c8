"""The random generators of all stages."""

import hashlib
import json
from collections.abc import Sequence
from copy import copy
from typing import overload

import numpy as np
from numpy.typing import NDArray


def generator(*recipe: object) -> np.random.Generator:
    """A generator that depends on nothing but the recipe (JSON values).

    Texts in recipes are frozen: a renamed action or plugin keeps its old text, or numbers change.
    """
    return _generator(_seed(*recipe))


def _seed(*recipe: object) -> int:
    digest = hashlib.sha256(json.dumps(recipe).encode()).digest()
    return int.from_bytes(digest[:16], "big")


def _generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


class RowGenerators(Sequence[np.random.Generator]):
    """One generator per picture: f(seed, plugin, image id, query), made when it is used.

    Image ids are unique over all roles, so nothing drawn for a gallery picture recurs for a probe.
    """

    def __init__(self, image_id: NDArray[np.int64], seed: int, plugin: str, query: int) -> None:
        # Numbers that do not tell the ids, which plugins must not see.
        self._seeds = [_seed("protect", seed, plugin, query, one) for one in image_id.tolist()]

    def __len__(self) -> int:
        return len(self._seeds)

    @overload
    def __getitem__(self, index: int) -> np.random.Generator: ...
    @overload
    def __getitem__(self, index: slice) -> "RowGenerators": ...
    def __getitem__(self, index: int | slice) -> "np.random.Generator | RowGenerators":
        if isinstance(index, slice):
            part = copy(self)
            part._seeds = self._seeds[index]
            return part
        return _generator(self._seeds[index])
