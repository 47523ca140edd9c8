"""Chooses the pictures that a study shows."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from bench.faces import Array
from bench.metrics.intervals import Floats, Ids

REACH = 3.0


class Bins(NamedTuple):
    """Bins of evidence from -3 to 3; values beyond go to the outermost bins.

    The default is the paper's for joy: 12 bins. `Bins(width=3)` is the paper's for anger: negative
    and positive evidence.

    Source: Shirai and Whitehill, CVPR-W 2019, section 5.1.
    """

    width: float = 0.5

    @property
    def edges(self) -> Floats:
        """Edges of the bins, (B + 1,).

        Raises:
            ValueError: unless the width divides the range.
        """
        n_bins = 2 * REACH / self.width if self.width > 0 else 0
        if n_bins < 1 or abs(n_bins - round(n_bins)) > 1e-9:
            raise ValueError(
                f"expected a width that divides -{REACH} to {REACH} evenly, got {self.width}; "
                "change --bin-width"
            )
        return np.linspace(-REACH, REACH, round(n_bins) + 1)

    def places(self, evidence: Floats) -> Ids:
        """The bin of each picture, (N,), 0..B-1; -1 without evidence."""
        return np.where(np.isnan(evidence), -1, np.digitize(evidence, self.edges[1:-1]))


def evidence_in(labels: Mapping[str, Array], names: str) -> Floats:
    """Evidence, -3 none to 3 full, (N,): the mean of labels of 0..1, joined as in `AU6+AU12`.

    Raises:
        ValueError: if the data do not have such a label.
    """
    if absent := sorted(set(names.split("+")) - set(labels)):
        raise ValueError(f"--evidence: expected labels of {sorted(labels)}, got {absent}")
    mean = np.mean([np.asarray(labels[name], np.float64) for name in names.split("+")], axis=0)
    return np.asarray(6 * (mean - 0.5))


def by_bins(evidence: Floats, n: int, bins: Bins, rng: np.random.Generator) -> tuple[Ids, str]:
    """Indices of up to `n` pictures, equally many from each bin, and the bins with too few.

    Raises:
        ValueError: if `n` is not a multiple of the number of bins, or there is no evidence.
    """
    n_bins = len(bins.edges) - 1
    if n % n_bins:
        raise ValueError(f"expected a multiple of {n_bins} (bins), got {n}; change --pictures")
    place = bins.places(evidence)
    if (place < 0).all():
        raise ValueError("expected evidence to choose by, got none; use --choose random")
    chosen, short, per_bin = [], [], n // n_bins
    for number, (low, high) in enumerate(pairwise(bins.edges)):
        chosen.append(rng.permutation(np.flatnonzero(place == number))[:per_bin])
        if len(chosen[-1]) < per_bin:
            short.append(f"{low:g} to {high:g}: {len(chosen[-1])} of {per_bin}")
    return np.concatenate(chosen), "; ".join(short)


def pairs(labels: Mapping[str, Array], n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Pairs of pictures; the first half show one person twice, in different takes if there are two.

    Raises:
        ValueError: if there are too few pictures or people.
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
            f"expected {n} pairs, got {len(found)} from {len(person)} pictures of "
            f"{len(np.unique(person))} people; lower --same-person"
        )
    return found
