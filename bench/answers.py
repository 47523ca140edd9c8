"""An attacker's raw answers, and the numbers computed from them."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LOWEST = -2.0  # a score below all cosines

Index = NDArray[np.int64] | NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Answers:
    """A classifier's scores of each picture, with the truth beside them.

    Attributes:
        scores: float32, (N, C); higher is likelier.
        truth: int64, (N,), 0..C-1.
        person: int64, (N,): whose picture it is; intervals resample people.
        image_id: int64, (N,): picture ids, to pair the answers of two attackers.
        not_acquired: int64: ids of the pictures that show no face; their answers are not right.

    Raises:
        ValueError: if the lengths differ, a score is not finite, or a truth is out of range.
    """

    scores: NDArray[np.float32]
    truth: NDArray[np.int64]
    person: NDArray[np.int64]
    image_id: NDArray[np.int64]
    not_acquired: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        n = len(self.image_id)
        if self.scores.ndim != 2 or {len(self.scores), len(self.truth), len(self.person)} != {n}:
            raise ValueError(
                f"expected scores (N, C) and N truths, people and image ids, got "
                f"{self.scores.shape}, {len(self.truth)}, {len(self.person)}, {n}"
            )
        if not np.isfinite(self.scores).all():
            raise ValueError("expected finite scores, got NaN or infinity; fix the attacker")
        if n and not 0 <= self.truth.min() <= self.truth.max() < self.scores.shape[1]:
            raise ValueError(
                f"expected truth in 0..{self.scores.shape[1] - 1}, got {self.truth.min()}.."
                f"{self.truth.max()}; drop pictures without a label"
            )

    def __len__(self) -> int:
        return len(self.image_id)

    def pick(self, at: Index) -> "Answers":
        """The answers about the pictures at these places (integers or a mask), in that order."""
        scores, truth, person = self.scores[at], self.truth[at], self.person[at]
        return replace(self, scores=scores, truth=truth, person=person, image_id=self.image_id[at])


@dataclass(frozen=True, eq=False)
class Numbers:
    """A regressor's answers about a continuous target, with the truth beside them.

    Attributes:
        values, truth: float64, (N,).
        person, image_id: int64, (N,), as in `Answers`.

    Raises:
        ValueError: if the lengths differ or a number is not finite.
    """

    values: NDArray[np.float64]
    truth: NDArray[np.float64]
    person: NDArray[np.int64]
    image_id: NDArray[np.int64]

    def __post_init__(self) -> None:
        shapes = {part.shape for part in (self.values, self.truth, self.person, self.image_id)}
        if shapes != {(len(self.image_id),)}:
            raise ValueError(f"expected values, truths, people and image ids, (N,), got {shapes}")
        if not (np.isfinite(self.values).all() and np.isfinite(self.truth).all()):
            raise ValueError(
                "expected finite values and truths, got NaN or infinity; fix the attacker, or drop "
                "pictures without a label"
            )

    def __len__(self) -> int:
        return len(self.image_id)

    def pick(self, at: Index) -> "Numbers":
        """The answers about the pictures at these places (integers or a mask), in that order."""
        return Numbers(self.values[at], self.truth[at], self.person[at], self.image_id[at])


@dataclass(frozen=True, eq=False)
class Templates:
    """A matcher's templates of the pictures that it enrolled and of the probe pictures.

    Two pictures are compared by the inner product of their templates: higher is likelier the same
    person (cosines if all templates have length 1). People without a picture in the gallery are
    not enrolled; in open-set identification these are the unknown people.

    Attributes:
        gallery, probe: float32, (G, D) and (N, D).
        gallery_person, probe_person: int64, (G,) and (N,): whose pictures they are.
        gallery_image_id, probe_image_id: int64, (G,) and (N,): picture ids.
        not_acquired: int64: ids of the probe pictures that show no face; they match nobody.

    Raises:
        ValueError: if lengths or widths differ, or an entry is not finite.
    """

    gallery: NDArray[np.float32]
    probe: NDArray[np.float32]
    gallery_person: NDArray[np.int64]
    probe_person: NDArray[np.int64]
    gallery_image_id: NDArray[np.int64]
    probe_image_id: NDArray[np.int64]
    not_acquired: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    def __post_init__(self) -> None:
        for side in ("gallery", "probe"):
            made, person, ids = (getattr(self, side + end) for end in ("", "_person", "_image_id"))
            if made.ndim != 2 or {len(person), len(ids)} != {len(made)}:
                raise ValueError(
                    f"expected {side} templates (N, D) with N people and image ids, got "
                    f"{made.shape}, {len(person)}, {len(ids)}"
                )
            if not np.isfinite(made).all():
                raise ValueError(
                    f"expected finite {side} templates, got NaN or infinity; fix the matcher"
                )
        if self.gallery.shape[1] != self.probe.shape[1]:
            raise ValueError(
                f"expected templates of one width, got gallery {self.gallery.shape[1]} and probe "
                f"{self.probe.shape[1]}; embed both with one matcher"
            )

    def __len__(self) -> int:
        return len(self.probe)

    def pick(self, at: Index) -> "Templates":
        """The same gallery with the probe pictures at these places (integers or a mask)."""
        person, image_id = self.probe_person[at], self.probe_image_id[at]
        return replace(self, probe=self.probe[at], probe_person=person, probe_image_id=image_id)

    def scores(self, probes: slice, gallery: NDArray[np.float32]) -> NDArray[np.float32]:
        """Scores of probe pictures against templates, (n, g); LOWEST where no face was found."""
        scores = inner_products(self.probe[probes], gallery)
        if len(self.not_acquired):
            scores[np.isin(self.probe_image_id[probes], self.not_acquired)] = LOWEST
        return scores

    @property
    def person(self) -> NDArray[np.int64]:
        """Whose picture each probe is, (N,)."""
        return self.probe_person

    @property
    def image_id(self) -> NDArray[np.int64]:
        """The ids of the probe pictures, (N,)."""
        return self.probe_image_id


AnyAnswers = Answers | Numbers | Templates


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


def inner_products(
    templates: NDArray[np.float32], others: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Of each with each, (n, g), of (n, D) and (g, D).

    Summed in float64: in float32, products of equal templates differ by their places in a matrix.
    """
    products: NDArray[np.float64] = templates.astype(np.float64) @ others.astype(np.float64).T
    return products.astype(np.float32)
