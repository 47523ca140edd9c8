"""The base class of this family: the target prototype and the assumed gender."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Learned, Weights, field
from bench.data.alignment import Points, landmarks
from bench.faces import ESTIMATED, Faces, Images

GENDER_NOTE = f"{ESTIMATED}gender"  # the note with the assumed gender
Genders = NDArray[np.int64]
Scores = NDArray[np.float32]


@dataclass(frozen=True)
class PrototypeDefense(Learned):
    """A defense that moves a picture towards the prototype of a gender.

    The direction depends on the assumed gender. If that is the true one (`gender=label`), the
    release reveals the secret.
    """

    hides = frozenset({"gender"})
    keeps = frozenset({"identity"})
    discloses = frozenset({"prototypes", GENDER_NOTE})

    prototype: str = field(
        "OP", about="own (SM), neutral or other", at="protect", among=("SM", "NT", "OP")
    )
    gender: str = field(
        "estimated", about="its source", at="protect", among=("estimated", "label", "random")
    )
    classifier: str = field("san", about="backbones of the gender classifiers, joined by +")
    aligned: bool = field(False, about="align prototypes to each face that MTCNN finds")
    auxiliary_steps: int = field(
        40, about="auxiliary networks' steps in round 1 of 4", within="[0, 1e6]"
    )

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """Gender for the prototypes; identity for the matcher and for held-out people."""
        return ("gender", "identity")

    @property
    def reads_to_protect(self) -> tuple[str, ...]:
        """The secret, with `gender=label`."""
        return ("gender",) if self.gender == "label" else ()

    def points(self, images: Images, context: Context) -> Points | None:
        """The landmarks of the faces, (N, 5, 2), with `aligned`."""
        return landmarks(images, context.device) if self.aligned else None

    def assumed_gender(self, faces: Faces, weights: Weights, context: Context) -> Genders:
        """The gender that is assumed for each picture, (N,)."""
        if self.gender == "label":
            return np.asarray(faces.labels["gender"], np.int64)
        if self.gender == "random":
            return np.array([rng.integers(2) for rng in context.row_rngs], np.int64)
        scores = self.gender_scores(faces.images, weights, context)
        return np.asarray(scores.argmax(axis=1), np.int64)

    def gender_scores(self, images: Images, weights: Weights, context: Context) -> Scores:
        """Log-probabilities of the genders, (N, 2), averaged over the defender's classifiers."""
        from bench.nn.classifier import log_probs
        from bench.nn.inputs import Augmentation
        from defenses.san.auxiliary import classifier_nets

        pairs, size_px, device = self.classifiers(weights), images.shape[-1], context.device
        nets = [net for pair in pairs for net in classifier_nets(*pair, size_px, device)]
        scores = [log_probs(net, images, Augmentation(), device) for net in nets]
        return np.asarray(np.mean(scores, axis=0), np.float32)

    def classifiers(self, weights: Weights) -> list[tuple[str, Weights]]:
        """Pairs of backbones, joined by +, and weights with their states."""
        return [(self.classifier, weights)]
