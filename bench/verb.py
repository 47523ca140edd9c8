"""What a trained defense can do besides protecting: the verbs of `bench apply`.

A verb is written and registered like a plugin, in the folder of its defense. It reads and writes no
file: the bench hands it pictures of the size that the weights were fitted to, and saves what it
gives back.
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
    """Somebody who learned a target from raw pictures of the data that the defense was fitted to.

    Attributes:
        name: the attacker's.
        classes: of the target.
        accuracy: on pictures that it did not learn from, 0..1.
        ask: pictures, (N, 3, H, W), to probabilities, (N, C).
    """

    name: str
    classes: tuple[str, ...]
    accuracy: float
    ask: Callable[[Images], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Tools:
    """What a verb works with.

    Attributes:
        defense: as it was fitted, fields of protection by default.
        weights, context: as `protect` gets them; there is a generator for each picture.
        judges: by target; those that the user's store has.
        files: the pictures that the verb's `place` fields name, (3, H, W).
    """

    defense: Defense
    weights: Weights
    context: Context
    judges: Mapping[str, Judge] = field(default_factory=dict)
    files: Pictures = field(default_factory=dict)

    def judged(self, target: str, measure: Callable[[Judge], T]) -> T | str:
        """Something that needs a judge; where it cannot be had, the reason."""
        if target not in self.judges:
            return f"no judge of {target}: run a grid with a classifier on the data of the weights"
        try:
            return measure(self.judges[target])
        except ValueError as error:
            return str(error)


class Applied(NamedTuple):
    """What a verb gives back.

    Attributes:
        pictures: one file each.
        frames: of an animation, (T, 3, H, W); none if T is 0.
        sheet: rows of a contact sheet, title to (N, 3, H, W).
        measures: numbers; where one cannot be had, the reason.
    """

    pictures: Pictures
    frames: Images
    sheet: Mapping[str, Images]
    measures: Mapping[str, Estimate | str]


class Verb(Plugin, ABC):
    """Something to do with pictures; `defense` names the defense whose weights it wants."""

    defense: ClassVar[str]

    @abstractmethod
    def apply(self, pictures: Pictures, tools: Tools) -> Applied:
        """What comes of the pictures.

        Raises:
            ValueError: if it cannot be done with so many pictures, or these fields.
        """
