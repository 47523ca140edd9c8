"""What the plugins of this family share: prototypes, and which gender a picture is taken for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Learned, Weights, field
from bench.data.alignment import Points, landmarks
from bench.faces import ESTIMATED, Faces, Images
from bench.nn.classifier import on
from defenses.san.alignment import Prototypes, gathered, mean_landmarks, similarities
from defenses.san.auxiliary import restored_classifiers, said
from defenses.san.pictures import prototypes

TAKEN_FOR = f"{ESTIMATED}gender"  # the note that says which gender a picture was taken for
Genders = NDArray[np.int64]


@dataclass(frozen=True)
class Towards(Learned):
    """A defense that moves a picture towards a prototype of a gender.

    Which gender it takes the picture for decides everything: told the true one, it writes the
    secret into the picture.
    """

    hides = frozenset({"gender"})
    keeps = frozenset({"identity"})
    discloses = frozenset({"prototypes", TAKEN_FOR})

    prototype: str = field("OP", about="moved to: SM (own), NT (neutral), OP (other)", at="protect")
    gender: str = field("estimated", about="or `label` (an oracle), `random`", at="protect")
    classifier: str = field("san", about="backbones that tell gender for the defender, joined by +")
    aligned: bool = field(
        False, about="prototypes are laid where MTCNN finds each face, if it does"
    )
    auxiliary_steps: int = field(40, about="of the auxiliary networks, in the first of 4 rounds")

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

    def points(self, images: Images, context: Context) -> Points | None:
        """The landmarks of faces, (N, 5, 2), if prototypes are aligned to them."""
        return landmarks(images, context.device) if self.aligned else None

    def averages(self, faces: Faces, points: Points | None, context: Context) -> Weights:
        """The prototypes, (3, 3, H, W), and where their landmarks lie if they are aligned, (5, 2).

        Raises:
            ValueError: if no face is found to align them to.
        """
        gender = faces.labels["gender"]
        if points is None:
            return {"prototypes": prototypes(faces.images, gender)}
        place = mean_landmarks(points)
        images = gathered(faces.images, points, place, context.device)
        return {"prototypes": prototypes(images, gender), "landmarks": place}

    def laid(self, points: Points | None, weights: Weights, context: Context) -> Prototypes:
        """The prototypes for faces with these landmarks; without any they are the same for all."""
        three = on(context.device, weights["prototypes"])
        if points is None:
            return Prototypes(three, None)
        return Prototypes(three, on(context.device, similarities(points, weights["landmarks"])))

    def taken_for(self, faces: Faces, weights: Weights, context: Context) -> Genders:
        """The gender that each picture is taken for, (N,)."""
        if self.gender == "label":
            return np.asarray(faces.labels["gender"], np.int64)
        if self.gender == "random":
            return np.array([rng.integers(2) for rng in context.row_rngs], np.int64)
        return np.asarray(self.answers(faces.images, weights, context).argmax(axis=1), np.int64)

    def answers(self, images: Images, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Mean log-probabilities of the genders by the defender's classifiers, (N, 2)."""
        nets = restored_classifiers(self.classifier, weights, images.shape[-1], context.device)
        return said(nets, images, context.device)


def check(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raises ValueError unless a field has one of the known values."""
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}")
