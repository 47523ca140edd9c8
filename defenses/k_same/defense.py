"""The plugin; networks are imported where they are used."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.spatial.distance import cdist

from bench.api import Context, Learned, Weights, field
from bench.data.alignment import Points
from bench.data.morphing import filled, mean_shape, moved, points_of
from bench.faces import MISSING, Faces, Images, Release
from bench.nn.state import with_prefix, without_prefix
from bench.registry import register
from defenses.k_same.grouping import Floats, Ids, grouped, shared


@register("k_same")
@dataclass(frozen=True)
class KSame(Learned):
    """Shows everybody as the mean of a group of k to 2k - 1 people.

    The algorithm protects a set with one picture of each person: it groups similar people, and each
    of a group gets the mean of the group, so nobody can be told from k - 1 others. Here that set
    are the defender's people, each as the mean of his or her pictures; a picture that is
    protected gets the mean face of the group in which the most similar of them is. So it is never
    in its own average; with `averages=set` it is, as in the paper: the pictures protected together
    are grouped, and each is in the mean that it gets.

    A mean is given to k pictures of a set or more, or to none: pictures that fewer share get the
    next nearest. Variants: `pixel`; `select`, a mean for each class of `utility`, which the
    defender's classifier estimates; `model`, means of the landmarks and of what lies between them,
    so that there are no ghosts of k mouths.

    The bound, 1/k, holds for one picture of each person. With several, the groups that a person's
    pictures fall into can be intersected; with `averages=set`, a person's pictures are one
    another's neighbours, and their mean shows this person.

    Source: Newton, Sweeney, Malin, IEEE TKDE 17(2), 2005 [newton2005deidentifying]; `select`:
    Gross, Airoldi, Malin, Sweeney, PET 2005 [gross2005integrating]; `model`: Gross, Sweeney, de la
    Torre, Baker, CVPR-W 2006 [gross2006model].
    Differs from it: the defender's people are grouped, not the pictures (see above). `select`
    estimates the class, groups people over all classes and then averages each class; a person
    without pictures of a class counts with all of theirs, and with `averages=set` a class of fewer
    than k pictures joins the commonest. `model` averages landmarks and pixels of warped pictures,
    without the principal components of an active appearance model.
    """

    works_on = "set"
    hides = frozenset({"identity"})
    presets: ClassVar = {"newton2005": {"averages": "set"}}

    k: int = field(4, about="people in a group, at least", within="[2, 1e5]")
    variant: str = field("pixel", about="what is averaged", among=("pixel", "select", "model"))
    averages: str = field("defender", about="of whose pictures", among=("defender", "set"))
    utility: str = field("expression", about="label whose classes `select` keeps apart")
    landmarks: str = field("mtcnn", about="source of those of `model`", among=("mtcnn", "label"))

    @property
    def keeps(self) -> frozenset[str]:  # type: ignore[override]
        """The label whose classes are kept apart."""
        return frozenset({self.utility} if self.variant == "select" else ())

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """Identity, to group people; the label of `select`; landmarks, if they are a label."""
        return ("identity", *self.keeps, *self.reads_to_protect)

    @property
    def needs_identities(self) -> bool:
        """No: without them, each picture counts as a person."""
        return False

    @property
    def reads_to_protect(self) -> tuple[str, ...]:
        """Landmarks, if they are the data set's."""
        return ("landmarks",) if self.variant == "model" and self.landmarks == "label" else ()

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The defender's groups: `people`, `group` and `means`; `shape`; `classifier.*`.

        `people`, float32 (P, D), are the people's mean vectors, `group`, (P,), their groups, and
        `means`, float32 (G, C, D), the vectors given out for each group and class.

        Raises:
            ValueError: if there are fewer than k people.
        """
        person = np.asarray(faces.labels["identity"], np.int64)
        points = self._points(faces, context)
        learned = {} if points is None else {"shape": mean_shape(points)}
        classes = np.zeros(len(faces), np.int64)
        if self.variant == "select":
            from bench.nn.estimation import fitted_label, split_by_person

            classes = np.asarray(faces.labels[self.utility], np.int64)
            split = split_by_person(person, context)
            state = fitted_label(faces.images, classes, split, context)
            learned |= with_prefix("classifier", state)
        if self.averages == "set":
            return learned
        whole, by_class = _means(_vectors(faces.images, points, learned), person, classes)
        groups = grouped(whole, self.k, context.rng.permutation(len(whole)))
        group = np.zeros(len(whole), np.int64)
        for number, members in enumerate(groups):
            group[members] = number
        means = np.stack([by_class[members].mean(axis=0) for members in groups])  # (G, C, D)
        return {**learned, "people": whole, "group": group, "means": means}

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The means; the note `group` numbers them."""
        points = self._points(faces, context)
        vectors, classes = _vectors(faces.images, points, weights), np.zeros(len(faces), np.int64)
        if self.variant == "select":
            from bench.nn.estimation import label_log_probs

            estimator = without_prefix("classifier", weights)
            classes = label_log_probs(faces.images, estimator, context.device).argmax(axis=1)
        if self.averages == "set":
            order = np.argsort([rng.random() for rng in context.row_rngs], kind="stable")
            groups = self._groups(vectors, classes, order)
            means = np.stack([vectors[group].mean(axis=0) for group in groups])  # (G, D)
            which = np.zeros(len(faces), np.int64)
            for number, group in enumerate(groups):
                which[group] = number
        else:
            which = shared(_cost(vectors, classes, weights), self.k)
            means = weights["means"].reshape(-1, vectors.shape[1])  # (G * C, D)
        pictures = _pictures(means, faces.images.shape[1:], weights)
        return Release(pictures[which], {"group": which})

    def _points(self, faces: Faces, context: Context) -> Points | None:
        """The landmarks, (N, L, 2), with `model`."""
        if self.variant != "model":
            return None
        return points_of(faces, self.landmarks, context.device)

    def _groups(self, vectors: Floats, classes: Ids, order: Ids) -> list[Ids]:
        """Groups of the pictures; a class of fewer than k joins the commonest."""
        counts = np.bincount(classes)
        joined = np.where(counts[classes] < self.k, counts.argmax(), classes)
        parts = [order[joined[order] == one] for one in np.unique(joined)]
        return [group for part in parts for group in grouped(vectors, self.k, part)]


def _vectors(images: Images, points: Points | None, weights: Weights) -> Floats:
    """What is averaged, (N, D): pixels of 0..1; of the mean shape, and landmarks, if given."""
    scaled = images.astype(np.float32) / np.float32(255)
    if points is None:
        return scaled.reshape(len(images), -1)
    shape = weights["shape"]
    points = filled(points, shape)
    warped = [moved(one, at, shape) for one, at in zip(scaled, points, strict=True)]
    parts = [np.stack(warped).reshape(len(images), -1), points.reshape(len(images), -1)]
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _pictures(vectors: Floats, extent: tuple[int, ...], weights: Weights) -> Floats:
    """The pictures of vectors, (N, 3, H, W), 0..1."""
    pixels, points = np.split(vectors, [int(np.prod(extent))], axis=1)
    pictures = pixels.reshape(-1, *extent).clip(0, 1)
    if "shape" not in weights:
        return pictures
    shapes = points.reshape(len(points), -1, 2)
    pairs = zip(pictures, shapes, strict=True)
    return np.stack([moved(one, weights["shape"], at) for one, at in pairs])


def _means(vectors: Floats, person: Ids, classes: Ids) -> tuple[Floats, Floats]:
    """The mean vectors of people, (P, D), and by class, (P, C, D); one's whole if one has none."""
    whole, by_class = [], []
    for one in np.unique(person[person != MISSING]):
        own, label = vectors[person == one], classes[person == one]
        whole.append(own.mean(axis=0))
        kinds = (own[label == kind] for kind in range(int(classes.max()) + 1))
        by_class.append([kind.mean(axis=0) if len(kind) else whole[-1] for kind in kinds])
    return np.array(whole, np.float32), np.array(by_class, np.float32)


def _cost(vectors: Floats, classes: Ids, weights: Weights) -> Floats:
    """The distance of pictures to each mean's people, (N, G * C); any other class is farther."""
    group, n_classes = weights["group"], weights["means"].shape[1]
    apart = cdist(vectors, weights["people"])  # (N, P)
    nearest = [apart[:, group == one].min(axis=1) for one in range(len(weights["means"]))]
    other = classes[:, None] != np.arange(n_classes)  # (N, C)
    cost = np.stack(nearest, axis=1)[:, :, None] + (apart.max() + 1) * other[:, None]  # (N, G, C)
    return np.asarray(cost.reshape(len(vectors), -1), np.float32)
