"""Releases that are rendered from a description of the picture, y, and nothing else.

What y does not say cannot leak. To bound what it says, its numbers are rounded to 5 bits.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from bench.context import Context
from bench.faces import Array, Faces, Release, Weights, describe

if TYPE_CHECKING:
    from bench.api import Described

Y = NDArray[np.float32]

BITS = 5  # of each number of y
STEPS = 2**BITS - 1  # from 0 to 1


class Children(Sequence[np.random.Generator]):
    """A child of each generator; drawing from it moves no parent and repeats none."""

    def __init__(self, parents: Sequence[np.random.Generator]) -> None:
        self._parents = parents

    def __len__(self) -> int:
        return len(self._parents)

    @overload
    def __getitem__(self, index: int) -> np.random.Generator: ...
    @overload
    def __getitem__(self, index: slice) -> "Children": ...
    def __getitem__(self, index: int | slice) -> "np.random.Generator | Children":
        if isinstance(index, slice):
            return Children(self._parents[index])
        return self._parents[index].spawn(1)[0]


def release_of(defense: "Described", faces: Faces, weights: Weights, context: Context) -> Release:
    """The release of pictures by their y, with y as a note."""
    y = y_of(defense, faces, weights, context)
    notes = defense.notes(faces, y, weights, _describing(context))
    images = rendered(defense, y, faces.images.shape[1:], weights, context)
    return Release(images, {**notes, "y": y})


def y_of(defense: "Described", faces: Faces, weights: Weights, context: Context) -> Y:
    """The y that is rendered, float32 (N, D): that of `describe`, rounded to 5 bits a number.

    Raises:
        TypeError: if `describe` does not return numbers.
        ValueError: if it returns another shape, or a number outside 0..1 or not finite.
    """
    y = defense.describe(faces, weights, _describing(context))
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "fiub":
        raise TypeError(f"expected {defense.name}.describe to return float32, got {describe(y)}")
    if y.ndim != 2 or len(y) != len(faces):
        raise ValueError(
            f"expected {defense.name}.describe to return ({len(faces)}, D), got {y.shape}"
        )
    if not ((y >= 0) & (y <= 1)).all():  # false for nan, too
        raise ValueError(
            f"expected numbers in 0..1 of {defense.name}.describe, got {y.min():.3g}.."
            f"{y.max():.3g}; scale them, and store the scale in the weights"
        )
    return np.asarray(np.rint(y * np.float32(STEPS)) / np.float32(STEPS), np.float32)


def rendered(
    defense: "Described", y: Y, shape: tuple[int, ...], weights: Weights, context: Context
) -> Array:
    """The pictures, (N, *shape), that a defense renders from y."""
    channels, height, width = shape
    context = replace(context, shape=(channels, height, width))
    return defense.render(y.copy(), weights, context)  # of its own: nothing leads to a picture


def _describing(context: Context) -> Context:
    """The context of `describe`: what it draws, `render` does not draw again."""
    return replace(context, row_rngs=Children(context.row_rngs))
