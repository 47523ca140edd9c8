"""An attacker's raw answers, and the numbers made of them."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LOWEST = -2.0  # a score below all cosines


@dataclass(frozen=True, eq=False)
class Answers:
    """What an attacker said of each picture, with the truth beside it.

    Attributes:
        scores: float32, (N, C); higher is likelier.
        truth: int64, (N,), 0..C-1.
        person: int64, (N,): whose picture it is; intervals resample people.
        row: int64, (N,): picture ids, to pair the answers of two attackers.

    Raises:
        ValueError: if the lengths differ, a score is not finite, or a truth is out of range.
    """

    scores: NDArray[np.float32]
    truth: NDArray[np.int64]
    person: NDArray[np.int64]
    row: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.row)
        if self.scores.ndim != 2 or {len(self.scores), len(self.truth), len(self.person)} != {n}:
            raise ValueError(
                f"answers need scores (N, C) and N truths, people and rows, got {self.scores.shape}"
                f", {len(self.truth)}, {len(self.person)}, {n}"
            )
        if not np.isfinite(self.scores).all():
            raise ValueError("scores must be finite; mend the attacker that gave them")
        if n and not 0 <= self.truth.min() <= self.truth.max() < self.scores.shape[1]:
            raise ValueError(f"truth must lie in 0..{self.scores.shape[1] - 1}; drop missing rows")

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, eq=False)
class Numbers:
    """What an attacker answered about a continuous target, with the truth beside it.

    Attributes:
        values, truth: float64, (N,).
        person, row: int64, (N,), as in `Answers`.

    Raises:
        ValueError: if the lengths differ or a number is not finite.
    """

    values: NDArray[np.float64]
    truth: NDArray[np.float64]
    person: NDArray[np.int64]
    row: NDArray[np.int64]

    def __post_init__(self) -> None:
        shapes = {part.shape for part in (self.values, self.truth, self.person, self.row)}
        if shapes != {(len(self.row),)}:
            raise ValueError(f"numbers need values, truths, people and rows, (N,), got {shapes}")
        if not (np.isfinite(self.values).all() and np.isfinite(self.truth).all()):
            raise ValueError(
                "values and truths must be finite; mend the attacker, drop missing rows"
            )

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, eq=False)
class Templates:
    """What a matcher made of the pictures that it enrolled and of those asked about.

    Two pictures are compared by the inner product of their templates: higher is likelier the same
    person (cosines if all templates have length 1). People without a picture in the gallery are
    not enrolled; they are the strangers of open-set identification.

    Attributes:
        gallery, probe: float32, (G, D) and (N, D).
        gallery_person, probe_person: int64, (G,) and (N,): whose pictures they are.
        gallery_row, probe_row: int64, (G,) and (N,): picture ids.
        missed: int64: ids of the probe pictures that show no face; they match nobody.

    Raises:
        ValueError: if lengths or widths differ, or an entry is not finite.
    """

    gallery: NDArray[np.float32]
    probe: NDArray[np.float32]
    gallery_person: NDArray[np.int64]
    probe_person: NDArray[np.int64]
    gallery_row: NDArray[np.int64]
    probe_row: NDArray[np.int64]
    missed: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        for side in ("gallery", "probe"):
            made, person, row = (getattr(self, side + end) for end in ("", "_person", "_row"))
            if made.ndim != 2 or {len(person), len(row)} != {len(made)}:
                raise ValueError(
                    f"{side} templates are (N, D) with N people and rows, got {made.shape}, "
                    f"{len(person)}, {len(row)}"
                )
            if not np.isfinite(made).all():
                raise ValueError(f"{side} templates must be finite; mend the matcher")
        if self.gallery.shape[1] != self.probe.shape[1]:
            raise ValueError(
                f"gallery and probe are {self.gallery.shape[1]} and {self.probe.shape[1]} wide; "
                "one matcher makes both"
            )

    def __len__(self) -> int:
        return len(self.probe)

    def scores(self, rows: slice, gallery: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of these probe pictures against templates, (n, g); LOWEST of one without a face."""
        scores = self.probe[rows] @ gallery.T
        scores[np.isin(self.probe_row[rows], self.missed)] = LOWEST
        return scores

    @property
    def person(self) -> NDArray[np.int64]:
        """Whose pictures are asked about, (N,)."""
        return self.probe_person

    @property
    def row(self) -> NDArray[np.int64]:
        """Their ids, (N,)."""
        return self.probe_row


Said = Answers | Numbers | Templates


class Estimate(NamedTuple):
    """A number that may be printed.

    Attributes:
        value: the point estimate.
        low, high: its 95 % interval; both nan if it has none.
        n: pictures behind it.
        chance: what the best constant guess reaches; nan if there is no such level.
    """

    value: float
    low: float
    high: float
    n: int
    chance: float
