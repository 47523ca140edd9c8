"""The base classes of plugins: frozen dataclasses with two or three pure methods over arrays.

A plugin keeps no state, receives random generators and a device, and returns its weights as arrays.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bench.context import Context as Context
from bench.context import Original as Original
from bench.dataset import ROLES as ROLES
from bench.dataset import Collection as Collection
from bench.dataset import Dataset as Dataset
from bench.dataset import Role as Role
from bench.described import Y, release_of
from bench.faces import Array, Faces, Images, Labels, Release, Sample, Target
from bench.faces import Weights as Weights
from bench.plugin import Plugin as Plugin
from bench.plugin import field as field
from bench.threats import FacePoints as FacePoints
from bench.threats import Form
from bench.threats import Knowledge as Knowledge
from bench.threats import Threat as Threat

ANY = frozenset({"*"})  # a promise about every target

SAMPLES = "samples"  # array of sample pictures, uint8 (rows, columns, 3, H, W); never shared


class Defense(Plugin, ABC):
    """Changes pictures so that they no longer reveal a target.

    Attributes:
        hides: targets that it promises to hide.
        keeps: targets that it promises to keep.
        discloses: names of notes, or of arrays of the weights, that a threat may grant an attacker.
        replaces: target to the note that holds the class shown in place of the true one.
        changes_nothing: its release is the input (the control `none`).
        works_on: `set`, if a release depends on the pictures that come with it (k-same).
        takes: `files`, if it is a program or a service outside (bench.outside.Outside).
    """

    hides: ClassVar[frozenset[str]] = ANY
    keeps: ClassVar[frozenset[str]] = ANY
    discloses: ClassVar[frozenset[str]] = frozenset()
    replaces: ClassVar[Mapping[str, str]] = {}
    changes_nothing: ClassVar[bool] = False
    works_on: ClassVar[Literal["picture", "set"]] = "picture"
    takes: ClassVar[Literal["arrays", "files"]] = "arrays"

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """Labels that `fit` reads; all others are withheld."""
        return ()

    @property
    def reads_to_protect(self) -> tuple[str, ...]:
        """Labels that `protect` and `encode` read; all others are withheld."""
        return ()

    @property
    def needs_identities(self) -> bool:
        """Whether data must tell who is shown; else each picture may count as a person."""
        return True

    def files(self) -> Sequence[Path]:
        """The files that a release depends on; their content enters the key.

        Raises:
            ValueError, OSError: if one is missing.
        """
        return ()

    def has_releases_of(self, role: Role, originals: Sequence[Path]) -> bool:
        """Whether it can protect the pictures of a role; not if only others came back protected.

        Raises:
            ValueError: if it can protect some of them only.
        """
        return True

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The weights that the defense learns from the defender's pictures."""
        return {}

    @abstractmethod
    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The release of the pictures, in the same order."""


@dataclass(frozen=True, kw_only=True)
class Learned(Defense):
    """A defense that learns; the base of every defense with a `fit`.

    Its field `weights` names a file from which the suite takes the weights instead of fitting.
    """

    weights: str = field(
        "", about="weights file (`bench weights export`) to use instead of fitting", at="path"
    )

    @abstractmethod
    def fit(self, faces: Faces, context: Context) -> Weights:
        """The weights that the defense learns from the defender's pictures."""

    @classmethod
    def published_as(cls, state: Weights) -> str:
        """The fields, as in a spec, that take a network published as this state dict.

        `{name}` and `{sha256}` stand in them for those of the file; empty if there are none.

        Raises:
            ValueError: if the defense takes published networks, but not this one.
        """
        return ""


class LatentDefense(Defense):
    """A defense with a code that could be given out instead of pixels."""

    @abstractmethod
    def encode(self, faces: Faces, weights: Weights, context: Context) -> NDArray[np.float32]:
        """The codes of the pictures, float32, (N, D)."""


class Described(Defense):
    """Describes a picture by y, which is rounded to 5 bits a number, and renders y alone."""

    def __init_subclass__(cls) -> None:
        """Raises TypeError if a class overrides `protect`."""
        super().__init_subclass__()
        if cls.protect is not Described.protect:
            raise TypeError(f"expected {cls.__name__} to leave `protect` as it is; use `render`")

    @abstractmethod
    def describe(self, faces: Faces, weights: Weights, context: Context) -> Y:
        """y, float32 (N, D), 0..1; D may be 0."""

    @abstractmethod
    def render(self, y: Y, weights: Weights, context: Context) -> Array:
        """Pictures of y, (N, *context.shape), uint8 or floats in 0..1; it draws other numbers."""

    def notes(self, faces: Faces, y: Y, weights: Weights, context: Context) -> Labels:
        """Notes of the release besides `y`."""
        return {}

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The release that is rendered from y."""
        return release_of(self, faces, weights, context)


@runtime_checkable
class Decoder(Protocol):
    """A latent defense that turns any code into a picture; for `bench apply`."""

    def decode(self, codes: Y, condition: Labels, weights: Weights, context: Context) -> Images:
        """Pictures, uint8 (N, 3, H, W), of codes, (N, D), with conditions, (N, ...) each."""


class Attacker(Plugin, ABC):
    """Learns to infer a target from releases.

    Attributes:
        forms: what it can read.
        uses_start: it starts from `Knowledge.start` where there is one.
        uses_gallery: it learns from `Knowledge.gallery`, and runs only where a threat grants it.
        uses_side_info: it learns from side information; other attackers skip threats that grant it.
        evidence: what kind of evidence of hiding it can be: `network`, `neighbours`, `low-bits`,
            `matcher`, or empty: none.
    """

    forms: ClassVar[frozenset[Form]] = frozenset({"pixels"})
    evidence: ClassVar[str] = ""
    uses_start: ClassVar[bool] = False
    uses_gallery: ClassVar[bool] = False
    uses_side_info: ClassVar[bool] = False

    @property
    def frozen(self) -> bool:
        """Whether it learns nothing, as a published network that is asked as it is."""
        return False

    @property
    def needs_face_points(self) -> bool:
        """Whether it must know where faces stand in the pictures."""
        return False

    def skip_reason(self, target: Target, threat: Threat, protocol: str) -> str:
        """Why this attacker cannot answer under this threat; empty if it can."""
        if threat.reads not in self.forms:
            return f"{self.name} does not read {threat.reads}"
        if threat.learns_from != threat.enrolls and not isinstance(self, Matcher):
            return "only matchers enroll pictures"
        if threat.gallery and not self.uses_gallery:
            return f"{self.name} does not use a gallery"
        if self.uses_gallery and not threat.gallery:
            return f"{self.name} needs a threat with gallery=true"
        if threat.grants and not self.uses_side_info:
            return f"{self.name} does not use side information"
        return ""

    @abstractmethod
    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """The weights that it learns; arrays `curve.*` hold the course of its training."""


class Classifier(Attacker):
    """Answers with a score per class."""

    def skip_reason(self, target: Target, threat: Threat, protocol: str) -> str:
        """Why this attacker cannot answer under this threat; empty if it can."""
        if target.kind != "categorical":
            return f"{self.name} cannot answer {target.kind} targets"
        if target.name == "identity" and protocol == "open":
            return "classifiers cannot identify unseen people (protocol open); use a matcher"
        if self.frozen and threat.learns_from != "raw":
            return "a frozen classifier does not learn from releases"
        return super().skip_reason(target, threat, protocol)

    @abstractmethod
    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Scores, float32, (N, C); higher is likelier."""


class Regressor(Attacker):
    """Answers with a number."""

    def skip_reason(self, target: Target, threat: Threat, protocol: str) -> str:
        """Why this attacker cannot answer under this threat; empty if it can."""
        if target.kind != "continuous":
            return f"{self.name} cannot answer {target.kind} targets"
        return super().skip_reason(target, threat, protocol)

    @abstractmethod
    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Numbers, float32, (N,)."""


class Matcher(Attacker):
    """Answers whether two pictures show one person, including people not seen in training.

    Templates are compared by their cosine.
    """

    def skip_reason(self, target: Target, threat: Threat, protocol: str) -> str:
        """Why this attacker cannot answer under this threat; empty if it can."""
        if target.name != "identity":
            return "matchers answer only about identity"
        return super().skip_reason(target, threat, protocol)

    @abstractmethod
    def embed(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Templates, float32, (N, D), of any length."""
