"""What the plugins of this family share: which gender a picture is taken for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Defense, Weights, field
from bench.faces import Faces
from bench.nn.backbones import backbone
from bench.nn.classifier import answered
from bench.nn.inputs import Pictures
from bench.nn.state import restored

ESTIMATED = "estimated.gender"  # the note that says which gender a picture was taken for
Genders = NDArray[np.int64]


@dataclass(frozen=True)
class Towards(Defense):
    """A defense that moves a picture towards a prototype of a gender.

    Which gender it takes the picture for decides everything: told the true one, it writes the
    secret into the picture.
    """

    hides = frozenset({"gender"})
    keeps = frozenset({"identity"})
    discloses = frozenset({"prototypes", ESTIMATED})

    prototype: str = field("OP", about="moved to: SM (own), NT (neutral), OP (other)", at="protect")
    gender: str = field("estimated", about="or `label` (an oracle), `random`", at="protect")
    classifier: str = field("san", about="network of the defender's gender classifier (backbone)")

    def __post_init__(self) -> None:
        check("prototype", self.prototype, ("SM", "NT", "OP"))
        check("gender", self.gender, ("estimated", "label", "random"))

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """Gender for the prototypes, people for the matcher and to hold some out."""
        return ("gender", "identity")

    @property
    def reads_to_protect(self) -> tuple[str, ...]:
        """The secret itself, if it is told."""
        return ("gender",) if self.gender == "label" else ()

    def taken_for(self, faces: Faces, weights: Weights, context: Context) -> Genders:
        """The gender that each picture is taken for, (N,)."""
        if self.gender == "label":
            return np.asarray(faces.labels["gender"], np.int64)
        if self.gender == "random":
            return np.array([rng.integers(2) for rng in context.row_rngs], np.int64)
        net = backbone(self.classifier, 2, faces.images.shape[-1])
        net = restored(net, part(weights, "classifier"), context.device)
        said = answered(net, faces.images, Pictures(), context.device)  # (N, 2)
        return np.asarray(said.argmax(axis=1), np.int64)


def part(weights: Weights, name: str) -> Weights:
    """The arrays under a name, without it."""
    start = f"{name}."
    return {key.removeprefix(start): w for key, w in weights.items() if key.startswith(start)}


def under(name: str, weights: Weights) -> Weights:
    """The arrays with a name before theirs."""
    return {f"{name}.{key}": array for key, array in weights.items()}


def check(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raises ValueError unless a field has one of the known values."""
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
