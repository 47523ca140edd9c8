"""Large arrays in bounded memory: work in blocks, and arrays that lie in files without a name."""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Floats = NDArray[np.float64]

BLOCK_BYTES = 256 << 20  # of pictures that are worked on, or shown to a plugin, at once
IN_MEMORY_BYTES = 1 << 30  # larger arrays lie in files


def blocks(array: NDArray[Any], n: int = -1) -> Iterator[slice]:
    """Slices of the array, or of n entries of its kind, of at most 256 MB each (or one entry)."""
    size = max(1, BLOCK_BYTES // max(1, array[:1].nbytes))
    end = len(array) if n < 0 else n
    return (slice(start, start + size) for start in range(0, end, size))


def empty(shape: Sequence[int], dtype: DTypeLike) -> NDArray[Any]:
    """An array to be filled; over 1 GB, it lies in a temporary file without a name.

    So the system may write its pages to disk, and nothing leads from the array to other files.
    """
    n_bytes = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
    if n_bytes <= IN_MEMORY_BYTES:
        return np.empty(shape, dtype)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype, "w+", shape=tuple(shape)).view(np.ndarray)


def picked(array: NDArray[Any], index: NDArray[Any]) -> NDArray[Any]:
    """A copy of the entries at `index` (integers or a mask), block by block."""
    places = np.flatnonzero(index) if index.dtype == bool else index
    made = empty((len(places), *array.shape[1:]), array.dtype)
    for at in blocks(made):
        made[at] = array[places[at]]
    return made


def mean_and_std(array: NDArray[Any]) -> tuple[Floats, Floats]:
    """Mean and standard deviation over the entries, float64, (...), block by block."""
    mean, squares = np.zeros((2, *array.shape[1:]))
    for at in blocks(mean[None], len(array)):
        mean += array[at].sum(axis=0, dtype=float)
    mean /= len(array)
    for at in blocks(mean[None], len(array)):
        squares += np.square(array[at] - mean).sum(axis=0)
    return mean, np.sqrt(squares / len(array))


def first_equal(arrays: Sequence[NDArray[Any]], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """For the entries of the arrays at `places`, (N,): the index, 0..N-1, of the first equal one.

    Entries are compared by a digest of 128 bits, so pictures are not kept in memory.
    """
    first: dict[bytes, int] = {}
    entries = (b"".join(array[place].tobytes() for array in arrays) for place in places.tolist())
    digests = (hashlib.blake2b(entry, digest_size=16).digest() for entry in entries)
    return np.array([first.setdefault(digest, i) for i, digest in enumerate(digests)], np.int64)
