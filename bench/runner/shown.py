"""Pictures as plugins get them: copied, and without the runner's image ids."""

from collections.abc import Sequence

import numpy as np

from bench.faces import Faces
from bench.memory import picked


def anonymous(faces: Faces, at: slice, names: Sequence[str], declaration: str) -> Faces:
    """Some faces with declared labels only, in arrays of their own, and with new image ids.

    The runner's own ids can be computed from the recipe of the data set, and tell a picture's place
    in it, so they are never shown. `declaration` is what to change if a label is missing.
    """
    places = np.arange(len(faces))[at]
    images = picked(faces.images, places)
    labels = {name: np.array(faces.labels[name][places]) for name in names}
    rng = np.random.default_rng()  # of the system: ids differ from call to call
    ids = rng.permutation(rng.integers(2**62) + np.arange(len(places), dtype=np.int64))
    return Faces(images, labels, ids).declared(names, declaration)
