"""Mixing with a face of the other gender: the baseline of the SAN authors' figures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Learned, Weights, field
from bench.data.alignment import Points
from bench.data.morphing import filled, mean_shape, moved, points_of
from bench.faces import ESTIMATED, MISSING, Faces, Images, Release
from bench.nn.state import with_prefix, without_prefix
from bench.registry import register

GENDER_NOTE = f"{ESTIMATED}gender"  # the note with the assumed gender
Ids = NDArray[np.int64]


@register("othman_ross")
@dataclass(frozen=True)
class OthmanRoss(Learned):
    """Mixes a face with the most similar one of the other gender among the defender's pictures.

    Landmarks of both are averaged, and both pictures, warped to these triangle by triangle, are
    mixed: the larger the candidate's `share`, the less of the gender is left, and of the identity.
    The most similar candidate has the nearest pixels once both are warped to the mean landmarks.

    Source: Othman and Ross, ECCV-W 2014 [othman2014suppressing]; "Ref [1]" in the figures of
    Mirjalili, Raschka, Namboodiri, Ross, ICB 2018 [mirjalili2018san].
    Differs from it: how the paper chooses the candidate, and its landmarks and shares, are
    unconfirmed. By default five landmarks, by MTCNN; a picture that lacks one gets the mean ones.
    The gender is estimated by the defender's own classifier; with `gender=label` it is the true
    one, and the release reveals the secret.
    """

    hides = frozenset({"gender"})
    keeps = frozenset({"identity"})
    discloses = frozenset({GENDER_NOTE})

    share: float = field(0.5, about="of the candidate; 0: unchanged", at="protect", within="[0, 1]")
    gender: str = field("estimated", about="its source", at="protect", among=("estimated", "label"))
    candidates: int = field(64, about="of each gender; all before any twice", within="[1, 1e5]")
    landmarks: str = field("mtcnn", about="their source", among=("mtcnn", "label"))

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """Gender and identity; landmarks, if they are the data set's."""
        return ("gender", "identity", *self._given)

    @property
    def needs_identities(self) -> bool:
        """No: without them, each picture counts as a person."""
        return False

    @property
    def reads_to_protect(self) -> tuple[str, ...]:
        """The secret, with `gender=label`; landmarks, if they are the data set's."""
        return (*(("gender",) if self.gender == "label" else ()), *self._given)

    @property
    def _given(self) -> tuple[str, ...]:
        return ("landmarks",) if self.landmarks == "label" else ()

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The candidates: `pictures`, uint8 (M, 3, H, W), `points`, (M, L, 2), and `gender`, (M,).

        Also `shape`, the mean landmarks, (L, 2); `warped`, the pictures warped to it, 0..1,
        float32; and the gender classifier, `classifier.*`.

        Raises:
            ValueError: unless both genders occur, or if no face is found.
        """
        from bench.nn.estimation import fitted_label, split_by_person

        gender, person = (np.asarray(faces.labels[n], np.int64) for n in ("gender", "identity"))
        chosen = [_candidates(gender == one, person, self.candidates, context) for one in (0, 1)]
        if not all(map(len, chosen)):
            raise ValueError("expected pictures of both genders, got one; add the other")
        shown = faces.pick(np.concatenate(chosen))
        points = points_of(shown, self.landmarks, context.device)
        shape = mean_shape(points)
        points = filled(points, shape)
        split = split_by_person(person, context)
        return {
            **{"pictures": shown.images, "points": points, "shape": shape},
            "warped": _warped(shown.images, points, shape),
            "gender": np.asarray(shown.labels["gender"], np.int64),
            **with_prefix("classifier", fitted_label(faces.images, gender, split, context)),
        }

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The mixed pictures; note: the assumed gender."""
        from bench.nn.estimation import label_log_probs

        read = np.full(len(faces), MISSING)
        if self.gender == "label":
            read = np.asarray(faces.labels["gender"], np.int64)
        gender = read
        if (read == MISSING).any():
            estimator = without_prefix("classifier", weights)
            scores = label_log_probs(faces.images, estimator, context.device)
            gender = np.where(read == MISSING, scores.argmax(axis=1), read)
        points = points_of(faces, self.landmarks, context.device)
        points, images = filled(points, weights["shape"]), faces.images.astype(np.float32) / 255
        mixed = [self._mixed(*row, weights) for row in zip(images, points, gender, strict=True)]
        return Release(np.stack(mixed).clip(0, 1), {GENDER_NOTE: gender})

    def _mixed(
        self, picture: NDArray[np.float32], at: Points, gender: int, weights: Weights
    ) -> NDArray[np.float32]:
        """A picture, (3, H, W), mixed with the most similar candidate of another gender."""
        apart = np.square(weights["warped"] - moved(picture, at, weights["shape"]))
        other_gender = np.where(weights["gender"] == gender, np.inf, apart.sum(axis=(1, 2, 3)))
        best = int(other_gender.argmin())
        other = weights["pictures"][best].astype(np.float32) / 255
        middle = (1 - self.share) * at + self.share * weights["points"][best]
        own, lent = moved(picture, at, middle), moved(other, weights["points"][best], middle)
        return (1 - self.share) * own + self.share * lent


def _warped(pictures: Images, points: Points, shape: Points) -> NDArray[np.float32]:
    """The pictures, warped from their landmarks to the shape, 0..1, (M, 3, H, W)."""
    pairs = zip(pictures.astype(np.float32) / 255, points, strict=True)
    return np.stack([moved(picture, at, shape) for picture, at in pairs])


def _candidates(mask: NDArray[np.bool_], person: Ids, most: int, context: Context) -> Ids:
    """Up to `most` positions where the mask is true: everybody once before anybody twice."""
    found = context.rng.permutation(np.flatnonzero(mask))
    times = np.zeros(len(found), np.int64)  # how often a picture's person came before
    for one in np.unique(person[found]):
        own = person[found] == one
        times[own] = np.arange(own.sum())
    return found[times.argsort(kind="stable")][:most]
