"""The data set under audit: all its pictures, who has which, and how many bytes each takes."""

import io
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.api import ROLES, Dataset, Role
from bench.data.folder import SUFFIXES
from bench.faces import Faces, Images, Target
from bench.runner.artifacts import faces_in, targets_in
from bench.runner.engine import LocalEngine
from bench.runner.plan import Planner
from bench.runner.store import Store

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Material(NamedTuple):
    """A data set as it is dealt.

    Attributes:
        faces: all pictures, in the order of the data set.
        targets: what can be asked.
        roles: masks over the pictures, (N,) each.
        protocol: that dealt them.
        n_bytes: int64, (N,): of each picture's file; see `files`.
        files: whether there are files; else `n_bytes` are those of a PNG of each picture.
    """

    faces: Faces
    targets: tuple[Target, ...]
    roles: Mapping[Role, Mask]
    protocol: str
    n_bytes: Ids
    files: bool

    @property
    def person(self) -> Ids:
        """Whose picture it is, (N,)."""
        return np.asarray(self.faces.labels["identity"], np.int64)

    @property
    def take(self) -> Ids:
        """Which sitting it is of, (N,); without the label, each picture is a take of its own."""
        own = np.arange(len(self.faces))
        return np.asarray(self.faces.labels.get("take", own), np.int64)


def material(data: Dataset, store: Store) -> Material:
    """The data set, loaded and split through the store.

    Raises:
        ValueError: if it cannot be loaded or split; the reason is told.
    """
    planner = Planner(store.root)
    splits = [planner.part(data, role) for role in ROLES]
    whole = splits[0].inputs[0]
    for outcome in LocalEngine().run([whole, *splits], store):
        if outcome.reason:
            raise ValueError(outcome.reason)
    artifact = store.get(whole.key)
    faces = faces_in(artifact)
    dealt = [np.asarray(store.get(split.key).arrays["rows"]) for split in splits]
    roles = {role: np.isin(faces.rows, rows) for role, rows in zip(ROLES, dealt, strict=True)}
    n_bytes, files = _n_bytes(data, faces.images)
    return Material(faces, targets_in(artifact), roles, data.protocol, n_bytes, files)


def _n_bytes(data: Dataset, images: Images) -> tuple[Ids, bool]:
    """Bytes of each picture, and whether of files; these are taken to come in the same order."""
    paths = [path for path in data.files() if path.suffix.lower() in SUFFIXES]
    files = len(paths) == len(images)  # a protocol may leave pictures out: which, we do not know
    sizes = [path.stat().st_size for path in paths] if files else map(_png_bytes, images)
    return np.fromiter(sizes, np.int64, len(images)), files


def _png_bytes(image: Images) -> int:
    written = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(written, "PNG")  # (H, W, 3)
    return len(written.getvalue())
