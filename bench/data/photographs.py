"""Data sets of picture files: what all of them share."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.api import Collection, Context, Dataset, FacePoints, Role, field
from bench.data.alignment import ALIGNED_POINTS, aligned
from bench.data.image_files import decoded, size_of
from bench.data.protocols import PROBE_SHARE, PROTOCOLS, Parts, new_image_ids, split
from bench.faces import Faces, Labels, Target


class Listing(NamedTuple):
    """The pictures of a data set before any is decoded.

    Attributes:
        paths: of the pictures, (N,).
        labels: (N,) each.
        targets: with their classes.
    """

    paths: list[Path]
    labels: Labels
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Photographs(Dataset):
    """The base of data sets whose pictures are files; a subclass lists them.

    Attributes:
        centre: of the square that is cut out, shares of width and height.
    """

    size: int = field(64, about="side of a picture, px", within="[8, 1024]")
    crop: float = field(1.0, about="side of the square, a share of the shorter", within="(0, 1]")
    align: bool = field(False, about="align faces by MTCNN's landmarks")
    seed: int = field(0, about="changes the split", within="[0, 2147483647]")
    protocol: str = field("open", about="how pictures are split", among=PROTOCOLS)
    probe: float = field(PROBE_SHARE, about="share of people, or takes, in it", within="(0, 1)")

    centre: ClassVar[tuple[float, float]] = (0.5, 0.5)

    @abstractmethod
    def listing(self) -> Listing:
        """The pictures with their labels.

        Raises:
            ValueError, OSError: if files are missing or labels are wrong.
        """

    @property
    def tables(self) -> Sequence[Path]:
        """Files besides the pictures that `listing` reads."""
        return ()

    @property
    def face_points(self) -> FacePoints:
        """Those of aligned pictures; else unknown."""
        return ALIGNED_POINTS if self.align else ()

    def landmarks_px(self, paths: Sequence[Path]) -> NDArray[np.float64]:
        """Landmarks of these pictures, (N, n_landmarks, 2), px; nan where one is hidden."""
        return np.full((len(paths), self.n_landmarks, 2), np.nan)

    def check_files(self, paths: Sequence[Path]) -> None:
        """Raises ValueError if one of these pictures is not as it is handed out."""

    def files(self) -> Sequence[Path]:
        """Its tables, and the pictures."""
        return [*self.tables, *self.listing().paths]

    def check(self) -> None:
        """Raises ValueError or OSError if labels are wrong, or too few for the protocol."""
        self._parts(self.listing())

    def originals(self, role: Role | None = None) -> Sequence[Path]:
        """The file of each picture, or of each picture of a role, in the order of `load`."""
        listing = self.listing()
        if role is None:
            return listing.paths
        return list(compress(listing.paths, self._parts(listing).roles[role]))

    def load(self, context: Context) -> Collection:
        """The pictures in the order of the listing."""
        listing = self.listing()
        self.check_files(listing.paths)
        cut = (listing.paths, self.size, self.crop, self.centre)
        images, boxes = aligned(*cut, context.device) if self.align else decoded(*cut)
        labels = dict(listing.labels)
        if self.has_landmarks:
            side = boxes[:, 2:3]  # (N, 1)
            extents = np.array([size_of(path) for path in listing.paths])  # (N, 2)
            corners = np.clip(boxes[:, :2], 0, extents - side)  # a square is moved inside
            places = self.landmarks_px(listing.paths) - corners[:, None]  # (N, L, 2)
            labels["landmarks"] = (places / side[:, None]).astype(np.float32)
        faces = Faces(images, labels, new_image_ids(len(images), self.name))
        return Collection(faces, listing.targets, boxes)

    def _parts(self, listing: Listing) -> Parts:
        people = next((t.classes for t in listing.targets if t.name == "identity"), ())
        how = (self.protocol, self.name, self.seed)
        return split(listing.labels, *how, probe=self.probe, people=people)
