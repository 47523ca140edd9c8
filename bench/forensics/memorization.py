"""Whether releases are more similar to a defense's training pictures than to held-out ones.

For any defense that gives out pictures; it matters for generators, whose releases could show
somebody else.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.faces import Images
from bench.forensics.image_features import thumbnails

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

_SEED = 20180615  # of the random choice of people or takes
_BATCH = 1024  # releases at once
_TIE = 1e-6  # of correlations


class RealPictures(NamedTuple):
    """Real pictures with person and take of each."""

    images: Images | NDArray[np.float32]  # uint8, (N, 3, H, W); or their thumbnails, (N, D)
    person: Ids  # (N,)
    take: Ids


class NearestPictures(NamedTuple):
    """The real picture that is most similar to each release, (N,)."""

    trained_on: Floats  # 1 if it is a training picture, 0 if it was held out, 0.5 for a tie
    person: Ids  # who it shows


def nearest_real_picture(
    released: Images, training: RealPictures, held_out: RealPictures
) -> NearestPictures:
    """Searches for each release, uint8 (N, 3, H, W), in training and held-out pictures.

    Similarity is the correlation of small grey pictures, so brightness and contrast do not matter.
    The held-out pictures show other people, or the same people in other takes; as many people (or
    takes of each) are compared on both sides.
    """
    small = [side._replace(images=thumbnails(side.images)) for side in (training, held_out)]
    sides = same_size(*small)
    known = [side.images for side in sides]  # (M, D) each
    queries = thumbnails(released)
    trained_on, person = np.empty(len(queries)), np.empty(len(queries), np.int64)
    for start in range(0, len(queries), _BATCH):
        batch = slice(start, start + _BATCH)
        scores = [queries[batch] @ side.T for side in known]
        ahead = scores[0].max(axis=1) - scores[1].max(axis=1)  # (n,)
        trained_on[batch] = np.where(abs(ahead) <= _TIE, 0.5, ahead > 0)
        people = [side.person[s.argmax(axis=1)] for side, s in zip(sides, scores, strict=True)]
        person[batch] = np.where(ahead > 0, *people)
    return NearestPictures(trained_on, person)


def same_size(first: RealPictures, second: RealPictures) -> tuple[RealPictures, RealPictures]:
    """Random subsets with equally many people; of the same people, equally many takes of each."""
    rng = np.random.default_rng(_SEED)
    same = bool(np.isin(first.person, second.person).any())
    groups = [side.take if same else side.person for side in (first, second)]
    within = [s.person if same else np.zeros_like(s.person) for s in (first, second)]
    chosen = []
    for one in np.intersect1d(within[0], within[1]):
        orders = [
            rng.permutation(np.unique(group[own == one]))
            for group, own in zip(groups, within, strict=True)
        ]
        n = min(map(len, orders))
        chosen.append([order[:n] for order in orders])
    subsets = []
    for side, group, ids in zip((first, second), groups, zip(*chosen, strict=True), strict=True):
        kept = np.isin(group, np.concatenate(ids))
        subsets.append(RealPictures(side.images[kept], side.person[kept], side.take[kept]))
    return subsets[0], subsets[1]
