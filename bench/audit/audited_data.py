"""The data set under audit: its pictures, the split, and the bytes of each picture."""

import io
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.api import ROLES, Dataset, Role
from bench.data.image_files import SUFFIXES
from bench.faces import Faces, Images, Target
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
    whole, *parts = run_or_raise(stages, store, LocalEngine())
    faces = faces_in(whole)
    masks = [np.isin(faces.image_id, faces_in(part).image_id) for part in parts]
    roles = dict(zip(ROLES, masks, strict=True))
    n_bytes, files = _n_bytes(data, faces.images)
    return AuditedData(faces, targets_in(whole), roles, data.protocol, n_bytes, files)


def _n_bytes(data: Dataset, images: Images) -> tuple[Ids, bool]:
    """Bytes of each picture, and whether of files, which are assumed to be in the same order."""
    paths = [path for path in data.files() if path.suffix.lower() in SUFFIXES]
    files = len(paths) == len(images)  # a protocol may leave out pictures, and we do not know which
    sizes = [path.stat().st_size for path in paths] if files else map(_png_bytes, images)
    return np.fromiter(sizes, np.int64, len(images)), files


def _png_bytes(image: Images) -> int:
    written = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(written, "PNG")  # (H, W, 3)
    return len(written.getvalue())
