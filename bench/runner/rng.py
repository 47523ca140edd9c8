"""The random generators of all stages."""

import hashlib
import json
from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray


def generator(*recipe: object) -> np.random.Generator:
    """A generator that depends on nothing but the recipe (JSON values).

    Texts in recipes are frozen: a renamed action or plugin keeps its old text, or numbers change.
    """
    digest = hashlib.sha256(json.dumps(recipe).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


class RowGenerators(Sequence[np.random.Generator]):
    """One generator per picture: f(seed, plugin, image id, query), made when it is used.

    Image ids are unique over all roles, so nothing drawn for a gallery picture recurs for a probe.
    """

    def __init__(self, image_id: NDArray[np.int64], seed: int, plugin: str, query: int) -> None:
        self._image_id = image_id
        self._recipe = ("protect", seed, plugin, query)

    def __len__(self) -> int:
        return len(self._image_id)

    @overload
    def __getitem__(self, index: int) -> np.random.Generator: ...
    @overload
    def __getitem__(self, index: slice) -> "RowGenerators": ...
    def __getitem__(self, index: int | slice) -> "np.random.Generator | RowGenerators":
        if isinstance(index, slice):
            seed, plugin, query = self._recipe[1:]
            return RowGenerators(self._image_id[index], seed, plugin, query)
        return generator(*self._recipe, int(self._image_id[index]))
