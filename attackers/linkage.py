"""Matches pictures by their codes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Knowledge, Matcher, Weights, field
from bench.faces import Sample
from bench.registry import register

_MIN_SHARE = 0.05  # of the overall spread: entries constant within people must not decide alone
_FAR = 10.0  # distance of the plane, in root mean square lengths of a code


@register("linkage")
@dataclass(frozen=True)
class Linkage(Matcher):
    """Matches pictures by the Euclidean distance of their standardised codes; nothing is trained.

    With `spread=within`, entries that are equal in all pictures of a person (gender) count for more
    than those that vary (pose).

    Source: ours; nearest neighbour in the attributes that a release keeps, as in the record linkage
    of Narayanan and Shmatikov, IEEE S&P 2008 [narayanan2008linkage].
    Differs from it: all entries are known, and rare values do not count for more.
    """

    forms = frozenset({"codes"})

    spread: str = field(
        "overall", about="what divides: std overall, or within people", among=("overall", "within")
    )

    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """Mean and scale of the codes, (D,), and the distance of the plane (see `embed`)."""
        codes = knowledge.train.inputs.astype(np.float64)  # (N, D)
        mean, scale = codes.mean(axis=0), codes.std(axis=0)
        if self.spread == "within":
            scale = np.maximum(_within(codes, knowledge.train.labels["person"]), _MIN_SHARE * scale)
        scale[scale == 0] = 1
        length = np.sqrt((((codes - mean) / scale) ** 2).sum(axis=1).mean())
        learned = {"mean": mean, "scale": scale, "far": np.array([_FAR * max(length, 1.0)])}
        return {name: array.astype(np.float32) for name, array in learned.items()}

    def embed(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Unit vectors, (N, D + 1), whose cosine falls as the distance grows.

        Codes are put on a plane far from the origin, where angles order pairs as distances do:
        1 - cosine is about half the squared distance over that of the plane.
        """
        codes = (sample.inputs - weights["mean"]) / weights["scale"]
        far = np.full((len(codes), 1), weights["far"][0])
        lifted = np.concatenate([codes, far], axis=1)  # (N, D + 1)
        return np.asarray(lifted / np.linalg.norm(lifted, axis=1, keepdims=True), np.float32)


def _within(codes: NDArray[np.float64], person: NDArray[np.generic]) -> NDArray[np.float64]:
    """Standard deviation around the mean of each person, (D,)."""
    people, number = np.unique(person, return_inverse=True)
    if len(people) == len(codes):
        raise ValueError("expected people with two pictures, got none; use spread=overall")
    sums = np.zeros((len(people), codes.shape[1]))
    np.add.at(sums, number, codes)
    offsets = codes - (sums / np.bincount(number)[:, None])[number]
    return np.asarray(np.sqrt((offsets**2).sum(axis=0) / (len(codes) - len(people))))
