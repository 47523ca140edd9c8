"""Operations of `bench apply`: what a trained defense can do other than protect.

An operation is written and registered like a plugin, in the folder of its defense. It reads and
writes no file: the suite passes pictures of the size that the weights were fitted to, and saves
the results.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.answers import Estimate
from bench.api import Context, Defense, Plugin, Weights
from bench.faces import Images

T = TypeVar("T")
Pictures = Mapping[str, Images]  # name -> uint8 (3, H, W), in the order of their names or frames


def folders(pictures: Pictures) -> NDArray[np.int64]:
    """The number of each picture's folder, (N,): pictures of one may be frames of a clip."""
    parents = [name.rpartition("/")[0] for name in pictures]
    return np.unique(parents, return_inverse=True)[1]


class Judge(NamedTuple):
    """A classifier trained on raw pictures of the data that the defense was fitted to.

    Attributes:
        name: the attacker's.
        classes: of the target.
        accuracy: on held-out pictures, 0..1.
        ask: from pictures, (N, 3, H, W), to probabilities, (N, C).
    """

    name: str
    classes: tuple[str, ...]
    accuracy: float
    ask: Callable[[Images], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Tools:
    """What an operation works with.

    Attributes:
        defense: as fitted, with default values of `protect` fields.
        weights, context: as `protect` gets them; there is a generator for each picture, or one, and
            the shape of the pictures.
        judges: by target; those in the user's store.
        files: the pictures that the operation's `path` fields name, (3, H, W).
    """

    defense: Defense
    weights: Weights
    context: Context
    judges: Mapping[str, Judge] = field(default_factory=dict)
    files: Pictures = field(default_factory=dict)

    def judged(self, target: str, measure: Callable[[Judge], T]) -> T | str:
        """A measure by the judge of a target; the reason if there is none."""
        if target not in self.judges:
            return f"no judge of {target}: run a grid with a classifier on the data of the weights"
        try:
            return measure(self.judges[target])
        except ValueError as error:
            return str(error)


class Applied(NamedTuple):
    """The results of an operation.

    Attributes:
        pictures: one file each.
        frames: of an animation, (T, 3, H, W); none if T is 0.
        sheet: rows of a contact sheet, title to (N, 3, H, W).
        measures: numbers; the reason where there is none.
    """

    pictures: Pictures
    frames: Images
    sheet: Mapping[str, Images]
    measures: Mapping[str, Estimate | str]


class Operation(Plugin, ABC):
    """Changes pictures, or makes some.

    Attributes:
        defense: the defense whose weights it needs.
        takes_pictures: whether it is given any.
    """

    defense: ClassVar[str]
    takes_pictures: ClassVar[bool] = True

    @abstractmethod
    def apply(self, pictures: Pictures, tools: Tools) -> Applied:
        """The results for the pictures.

        Raises:
            ValueError: if so many pictures, or these fields, are not possible.
        """
