"""The base class of this family: the target prototype and the assumed class."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Learned, Weights, field
from bench.data.alignment import Points
from bench.data.morphing import points_of
from bench.faces import ESTIMATED, Faces, Images, missing

NONE = "none"  # instead of classifiers
Classes = NDArray[np.int64]
Scores = NDArray[np.float32]


@dataclass(frozen=True)
class PrototypeDefense(Learned):
    """A defense that moves a picture towards the prototype of a class: of a gender, or others.

    The direction depends on the assumed class. If that is the true one (`gender=label`), the
    release reveals the secret.
    """

    keeps = frozenset({"identity"})

    attribute: str = field("gender", about="categorical label that it hides, such as `age`")
    prototype: str = field(
        "OP", about="own class (SM), neutral or opposite", at="protect", among=("SM", "NT", "OP")
    )
    gender: str = field(
        "estimated",
        about="source of the assumed gender, or class of `attribute`",
        at="protect",
        among=("estimated", "label", "random"),
    )
    classifier: str = field("san", about="backbones of the classifiers, joined by +; `none`")
    aligned: bool = field(False, about="align prototypes to each face that has landmarks")
    landmarks: str = field(
        "mtcnn", about="five of MTCNN, or the data set's label", among=("mtcnn", "label")
    )
    warp: str = field("similarity", about="how they are aligned", among=("similarity", "piecewise"))
    auxiliary_steps: int = field(
        40, about="auxiliary networks' steps in round 1 of 4", within="[0, 1e6]"
    )

    @property
    def hides(self) -> frozenset[str]:  # type: ignore[override]  # a field decides
        """The attribute."""
        return frozenset({self.attribute})

    @property
    def discloses(self) -> frozenset[str]:  # type: ignore[override]  # a field decides
        """The prototypes, and the assumed class."""
        return frozenset({"prototypes", self.note})

    @property
    def note(self) -> str:
        """Name of the note with the assumed class."""
        return ESTIMATED + self.attribute

    @property
    def learns_of_people(self) -> bool:
        """Whether networks are fitted, which takes people to hold out."""
        return self.classifier != NONE

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """The attribute for prototypes; identity for the matcher and for held-out people."""
        people = ("identity",) if self.learns_of_people else ()
        return (self.attribute, *people, *self._given_landmarks)

    @property
    def needs_identities(self) -> bool:
        """No: people are held out where they are known, or else pictures."""
        return False

    @property
    def reads_to_protect(self) -> tuple[str, ...]:
        """The secret, with `gender=label`; landmarks, if they are the data set's."""
        secret = (self.attribute,) if self.gender == "label" else ()
        return (*secret, *self._given_landmarks)

    @property
    def _given_landmarks(self) -> tuple[str, ...]:
        return ("landmarks",) if self.aligned and self.landmarks == "label" else ()

    def labelled(self, faces: Faces) -> Faces:
        """The pictures whose class is known.

        Raises:
            ValueError: if the attribute has no classes.
        """
        label = faces.labels[self.attribute]
        if np.issubdtype(label.dtype, np.floating):
            raise ValueError(
                f"expected classes of attribute={self.attribute}, got numbers; choose a label that "
                "has classes"
            )
        unknown = missing(label)
        return faces.pick(~unknown) if unknown.any() else faces

    def points(self, faces: Faces, context: Context) -> Points | None:
        """The landmarks of the faces, (N, L, 2), fractions of the side, with `aligned`."""
        return points_of(faces, self.landmarks, context.device) if self.aligned else None

    def assumed_class(self, faces: Faces, weights: Weights, context: Context) -> Classes:
        """The class that is assumed for each picture, (N,); a missing label is estimated."""
        if self.gender == "label":
            read = np.asarray(faces.labels[self.attribute], np.int64)
            if not (unknown := missing(read)).any():
                return read
        if self.gender == "random":
            n_classes = len(weights["prototypes"]) - 1
            return np.array([rng.integers(n_classes) for rng in context.row_rngs], np.int64)
        scores = self.class_scores(faces.images, weights, context)
        estimated = np.asarray(scores.argmax(axis=1), np.int64)
        return np.where(unknown, estimated, read) if self.gender == "label" else estimated

    def class_scores(self, images: Images, weights: Weights, context: Context) -> Scores:
        """Log-probabilities of the K classes, (N, K), averaged over the defender's classifiers.

        Raises:
            ValueError: if there is no classifier.
        """
        from bench.nn.classifier import log_probs
        from bench.nn.inputs import Augmentation
        from defenses.san.auxiliary import classifier_nets

        if self.classifier == NONE:
            raise ValueError(
                f"expected gender=label or gender=random with classifier={NONE}, got {self.gender}"
            )
        pairs, size_px, device = self.classifiers(weights), images.shape[-1], context.device
        nets = [net for pair in pairs for net in classifier_nets(*pair, size_px, device)]
        scores = [log_probs(net, images, Augmentation(), device) for net in nets]
        return np.asarray(np.mean(scores, axis=0), np.float32)

    def classifiers(self, weights: Weights) -> list[tuple[str, Weights]]:
        """Pairs of backbones, joined by +, and weights with their states."""
        return [(self.classifier, weights)]
