"""Pixels, labels and image ids, kept together."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
Images = NDArray[np.uint8]
Labels = Mapping[str, Array]
Weights = Mapping[str, NDArray[Any]]  # contiguous float32 or integer arrays, never pickled

LUMA = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601, as Pillow makes grey
ESTIMATED = "estimated."  # before the label that a note is an estimate of
MISSING = -1  # a missing categorical label; a missing continuous one is nan


@dataclass(frozen=True)
class Target:
    """A label that attackers answer about.

    Its classes are named in the order of their numbers; a continuous target has none.
    """

    name: str
    kind: Literal["categorical", "continuous"] = "categorical"
    classes: tuple[str, ...] = ()


class Declared(Mapping[str, Array]):
    """The labels that a plugin declared; reading another one raises an error that says so.

    The message names the declaration to change, such as `Blur.reads_to_protect`.
    """

    def __init__(self, labels: Labels, names: Iterable[str], declaration: str) -> None:
        self._labels = {name: labels[name] for name in names}
        self._declaration = declaration

    def __getitem__(self, name: str) -> Array:
        if name in self._labels:
            return self._labels[name]
        # Not a KeyError: `labels.get(name)` would return None and hide the mistake.
        raise LookupError(
            f"label {name!r} is withheld: this plugin declared {sorted(self._labels)}; "
            f"add {name!r} to `{self._declaration}` if it truly needs it"
        )

    def pick(self, index: Array) -> "Declared":
        """The labels of the pictures at `index`."""
        picked = {name: values[index] for name, values in self._labels.items()}
        return Declared(picked, picked, self._declaration)

    def __contains__(self, name: object) -> bool:
        return name in self._labels

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)


@dataclass(frozen=True, eq=False)
class Faces:
    """Pictures with their labels and ids; its arrays are read-only.

    Attributes:
        images: uint8, (N, 3, H, W), RGB.
        labels: name to (N,): integers (missing = -1) or float32 (missing = nan).
        image_id: int64, (N,): opaque picture ids, unique over all roles.

    Raises:
        ValueError: if images have another shape or type, or the parts differ in length.
    """

    images: Images
    labels: Labels
    image_id: NDArray[np.int64]

    def __post_init__(self) -> None:
        images, n = self.images, len(self.image_id)
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"images must be uint8 (N, 3, H, W), got {describe(images)}")
        lengths = {"images": len(images)} | {k: len(v) for k, v in self.labels.items()}
        if wrong := {name: length for name, length in lengths.items() if length != n}:
            raise ValueError(f"expected {n} entries, one per image id, got {wrong}")
        arrays: list[Array] = [images, self.image_id, *self.labels.values()]
        for array in arrays:
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.image_id)

    @property
    def rows(self) -> NDArray[np.int64]:
        """`image_id` by its name in 0.1."""
        return self.image_id

    def with_images(self, images: Images) -> "Faces":
        """The same labels and image ids on other pictures."""
        return replace(self, images=images)

    def pick(self, index: Array) -> "Faces":
        """The pictures at `index` (integers or a mask), copied, in that order."""
        labels = self.labels
        if isinstance(labels, Declared):
            picked: Labels = labels.pick(index)
        else:
            picked = {name: values[index] for name, values in labels.items()}
        return Faces(self.images[index], picked, self.image_id[index])

    def declared(self, names: Iterable[str], declaration: str) -> "Faces":
        """The same pictures with all labels withheld but the declared ones."""
        return replace(self, labels=Declared(self.labels, names, declaration))


@dataclass(frozen=True, eq=False)
class Release:
    """What a defense gives out.

    Attributes:
        images: (N, 3, H, W), uint8 or floats in 0..1; the runner rounds floats to uint8.
        notes: name to (N, ...): what the defense drew or estimated for each picture. An attacker
            gets them only if its threat grants them. `estimated.LABEL` is a label as the defense
            estimated it; pictures where it was mistaken are then also reported apart.
    """

    images: Array
    notes: Labels = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Sample:
    """The pictures or codes that an attacker gets, without image ids, names or the defense.

    Attributes:
        inputs: uint8 (N, 3, H, W), or float32 codes (N, D).
        labels: the target's, and `person`, a meaningless number; empty on the probe.
        notes: the defense's notes that the threat grants.
    """

    inputs: Array
    labels: Labels = field(default_factory=dict)
    notes: Labels = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.inputs)


def missing(label: Array) -> NDArray[np.bool_]:
    """Where a label was not given, (N,)."""
    floating = np.issubdtype(label.dtype, np.floating)
    return np.asarray(np.isnan(label) if floating else label == MISSING, bool)


def describe(array: object) -> str:
    """Type and shape of what came, for messages."""
    if isinstance(array, np.ndarray):
        return f"{array.dtype} {array.shape}"
    return type(array).__name__
