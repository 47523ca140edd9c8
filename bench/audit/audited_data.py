"""The data set under audit: its pictures, the split, and the bytes of each picture."""

import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.api import ROLES, Dataset, Role
from bench.data.image_files import SUFFIXES
from bench.faces import Faces, Target
from bench.runner.artifacts import faces_in, targets_in
from bench.runner.engines.local import LocalEngine
from bench.runner.planner import Planner
from bench.runner.step import run_or_raise
from bench.runner.store import Store

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]


class AuditedData(NamedTuple):
    """A data set with its split."""

    faces: Faces  # all pictures, in the order of the data set
    targets: tuple[Target, ...]  # with their classes
    roles: Mapping[Role, Mask]  # masks over the pictures, (N,) each
    protocol: str
    n_bytes: Ids  # (N,): of each picture's file; without files, of a PNG of it
    names: Sequence[str]  # of each picture: its path; without files, its number
    files: bool  # whether there are files

    @property
    def person(self) -> Ids:
        """The person in each picture, (N,)."""
        return np.asarray(self.faces.labels["identity"], np.int64)

    @property
    def take(self) -> Ids:
        """The take of each picture, (N,); without the label, each picture is its own take."""
        return np.asarray(self.faces.labels.get("take", np.arange(len(self.faces))), np.int64)


def load_audited(data: Dataset, store: Store) -> AuditedData:
    """The data set, loaded and split through the store.

    Raises:
        ValueError: if it cannot be loaded or split, with the reason.
    """
    planner = Planner(store.root)
    stages = [planner.load(data), *(planner.part(data, role) for role in ROLES)]
    whole, *parts = run_or_raise(stages, store, LocalEngine().run)
    faces = faces_in(whole)
    masks = [np.isin(faces.image_id, faces_in(part).image_id) for part in parts]
    roles = dict(zip(ROLES, masks, strict=True))
    paths = [path for path in data.files() if path.suffix.lower() in SUFFIXES]
    # a data set may leave pictures out, and we do not know which; else they are in its order
    files = len(paths) == len(faces)
    sizes = [path.stat().st_size for path in paths] if files else map(_png_bytes, faces.images)
    names = map(str, paths) if files else (f"picture {i}" for i in range(len(faces)))
    n_bytes = np.fromiter(sizes, np.int64, len(faces))
    targets = targets_in(whole)
    return AuditedData(faces, targets, roles, data.protocol, n_bytes, list(names), files)


def _png_bytes(image: NDArray[np.uint8]) -> int:
    written = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(written, "PNG")  # (H, W, 3)
    return len(written.getvalue())
