"""The base of data sets."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from bench.context import Context
from bench.faces import Array, Faces, Target
from bench.plugin import Plugin
from bench.threats import FacePoints

Role = Literal["defender", "attacker", "probe"]
ROLES: tuple[Role, ...] = ("defender", "attacker", "probe")


class Collection(NamedTuple):
    """A data set in memory: its pictures and their targets.

    Attributes:
        boxes: where its pictures lie in the files `originals` (bench.data.image_files.Cut).
    """

    faces: Faces
    targets: tuple[Target, ...]
    boxes: Array | None = None


class Dataset(Plugin, ABC):
    """Pictures with labels; among these `identity`, and `take` where it has sittings.

    Attributes:
        shareable: its pictures show nobody real, so they may be printed on sheets.
        protocol: who is defender, attacker and probe (bench.data.protocols).
        align: MTCNN found its faces; it then looks for faces in releases as well.
        n_landmarks: how many its files give of each picture, L; 0: none.
        has_landmarks: it has the label `landmarks`, float32 (N, L, 2): (x, y) in fractions of the
            sides, nan where one is hidden.
    """

    shareable: ClassVar[bool] = False
    n_landmarks: ClassVar[int] = 0
    align: bool = False
    protocol: str
    seed: int

    @property
    @abstractmethod
    def targets(self) -> tuple[Target, ...]:
        """Its targets, known without reading pictures; classes may be missing until `load`."""

    @property
    def has_landmarks(self) -> bool:
        """Whether its files say where landmarks are, and pictures are not turned."""
        return self.n_landmarks > 0 and not self.align

    @property
    def face_points(self) -> FacePoints:
        """Where eyes, nose and corners of the mouth are on average; empty if unknown.

        (x, y) in fractions of the side, left in the picture first.
        """
        return ()

    @property
    def n_pictures(self) -> int:
        """About how many pictures it has, for estimates of time."""
        return len(self.files())

    def files(self) -> Sequence[Path]:
        """The files that it reads; their content enters the key."""
        return ()

    def originals(self, role: Role | None = None) -> Sequence[Path]:
        """The file of each picture (of a role) in the order of `load`; empty if they are drawn."""
        return ()

    def check(self) -> None:
        """Raises ValueError or OSError for mistakes that show before any picture is decoded."""

    @abstractmethod
    def load(self, context: Context) -> Collection:
        """All pictures, decoded, with ids from `bench.data.protocols.new_image_ids`."""
