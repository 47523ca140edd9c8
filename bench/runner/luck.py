"""Where every random number comes from."""

import hashlib
import json
from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray


def generator(*recipe: object) -> np.random.Generator:
    """A generator that depends on nothing but the recipe (JSON values)."""
    digest = hashlib.sha256(json.dumps(recipe).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


class RowLuck(Sequence[np.random.Generator]):
    """One generator per picture: f(seed, plugin, row, query), made when asked for.

    Rows are unique over all roles, so nothing drawn for a gallery picture recurs for a probe; a
    stream shared by pictures would tie them to one another and leak by our own doing.
    """

    def __init__(self, rows: NDArray[np.int64], seed: int, plugin: str, query: int) -> None:
        self._rows = rows
        self._recipe = ("protect", seed, plugin, query)

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> np.random.Generator: ...
    @overload
    def __getitem__(self, index: slice) -> "RowLuck": ...
    def __getitem__(self, index: int | slice) -> "np.random.Generator | RowLuck":
        if isinstance(index, slice):
            seed, plugin, query = self._recipe[1:]
            return RowLuck(self._rows[index], seed, plugin, query)
        return generator(*self._recipe, int(self._rows[index]))
