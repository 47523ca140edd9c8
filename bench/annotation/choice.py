"""Which pictures a study shows."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.faces import Array, Faces, Target

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]


class Bins(NamedTuple):
    """How evidence is cut; what lies beyond the reach goes to the outermost bins.

    The defaults are the paper's for joy: 12 bins from -3 to 3. `Bins(width=3)` is its way for
    anger: negative and positive evidence.

    Source: Shirai and Whitehill, CVPR-W 2019, section 5.1.
    """

    width: float = 0.5
    reach: float = 3.0

    @property
    def edges(self) -> Floats:
        """Edges of the bins, (B + 1,).

        Raises:
            ValueError: unless the width divides the range.
        """
        n_bins = 2 * self.reach / self.width if self.width > 0 else 0
        if n_bins < 1 or abs(n_bins - round(n_bins)) > 1e-9:
            raise ValueError(
                f"bins of width {self.width} do not divide -{self.reach} to {self.reach}; choose "
                "another --bin-width"
            )
        return np.linspace(-self.reach, self.reach, round(n_bins) + 1)

    def places(self, evidence: Floats) -> Ids:
        """The bin of each picture, (N,), 0..B-1; -1 without evidence."""
        edges = self.edges
        place = np.searchsorted(edges, evidence, side="right") - 1
        return np.where(np.isnan(evidence), -1, place.clip(0, len(edges) - 2))


def evidence_in(labels: Mapping[str, Array], names: str) -> Floats:
    """Evidence by labels of 0..1 that are joined by `+`, as `AU6+AU12`, (N,): -3 none to 3 full.

    Raises:
        ValueError: if the data have no such label.
    """
    wanted = names.split("+")
    if absent := sorted(set(wanted) - set(labels)):
        raise ValueError(f"--evidence wants {absent}; the data have {sorted(labels)}")
    mean = np.mean([np.asarray(labels[name], np.float64) for name in wanted], axis=0)
    return np.asarray(6 * (mean - 0.5))


def by_bins(evidence: Floats, n: int, bins: Bins, rng: np.random.Generator) -> tuple[Ids, str]:
    """Places of up to `n` pictures, as many from each bin, and which bins had too few.

    Raises:
        ValueError: if the bins do not share the pictures evenly, or there is no evidence.
    """
    n_bins = len(bins.edges) - 1
    if n % n_bins:
        raise ValueError(f"{n} pictures do not fill {n_bins} bins evenly; change --pictures")
    place = bins.places(evidence)
    if (place < 0).all():
        raise ValueError("there is no evidence to choose by; choose at random (--choose random)")
    members = [rng.permutation(np.flatnonzero(place == number)) for number in range(n_bins)]
    per_bin = n // n_bins
    poor = [
        f"{low:g} to {high:g}: {len(mine)} of {per_bin}"
        for (low, high), mine in zip(pairwise(bins.edges), members, strict=True)
        if len(mine) < per_bin
    ]
    return np.concatenate([mine[:per_bin] for mine in members]), "; ".join(poor)


def at_random(n_there: int, n: int, rng: np.random.Generator) -> Ids:
    """Places of `n` pictures.

    Raises:
        ValueError: if there are fewer.
    """
    if n > n_there:
        raise ValueError(f"--pictures wants {n}, the probe has {n_there}; ask for fewer")
    return rng.permutation(n_there)[:n]


def pairs(labels: Mapping[str, Array], n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Pairs of pictures; the first half show one person twice, in different takes if it has two.

    Raises:
        ValueError: if nobody has two pictures, or there is one person only.
    """
    person = np.asarray(labels["identity"])
    take = np.asarray(labels.get("take", np.arange(len(person))))
    found: list[tuple[int, int]] = []
    for first in rng.permutation(len(person)):
        same = len(found) < n // 2
        others = np.flatnonzero((person == person[first]) == same)
        elsewhere = others[take[others] != take[first]]
        others = elsewhere if len(elsewhere) else others[others != first]
        if len(others) and len(found) < n:
            found.append((int(first), int(rng.choice(others))))
    if len(found) < n:
        raise ValueError(
            f"{n} pairs are wanted, {len(found)} can be made of {len(person)} pictures of "
            f"{len(np.unique(person))} people; ask for fewer (--same-person)"
        )
    return found


def facts(faces: Faces, targets: Sequence[Target]) -> dict[str, list[str]]:
    """What errors may depend on, as text: labels, and of every picture `light` and `pose`.

    `light` is the raw picture's mean, 0..1; `pose` the largest turn of the head as a share of the
    range, 0 frontal to 1, where the data know yaw and pitch. What is missing is empty.
    """
    classes = {target.name: target.classes for target in targets if target.kind == "categorical"}
    told = {
        name: [classes[name][int(value)] if value >= 0 else "" for value in values]
        for name, values in faces.labels.items()
        if name in classes and name != "identity"
    }
    numbers = {t.name: np.asarray(faces.labels[t.name]) for t in targets if t.kind == "continuous"}
    numbers["light"] = faces.images.mean(axis=(1, 2, 3)) / 255
    if {"yaw", "pitch"} <= set(numbers):
        turns = [np.abs(2 * numbers[name] - 1) for name in ("yaw", "pitch")]
        numbers["pose"] = np.maximum(*turns)
    return told | {name: [digits(value) for value in values] for name, values in numbers.items()}


def digits(number: float) -> str:
    """A number with 4 digits; nothing for nan."""
    return "" if np.isnan(number) else f"{number:.4g}"
