"""What a plugin is: a frozen dataclass of fields with two or three pure methods over arrays.

It keeps no state, is given its randomness and its device, and what it learned is a dict of arrays.
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bench.faces import Faces, Release, Sample, Target
from bench.spec import Value

# Contiguous float32 or integer arrays, never pickled. A plugin knows what it put under a name.
Weights = Mapping[str, NDArray[Any]]
Form = Literal["pixels", "codes"]
Source = Literal["raw", "protected", "codes", "reread"]
Role = Literal["defender", "attacker", "probe"]
ROLES: tuple[Role, ...] = ("defender", "attacker", "probe")
ANY = frozenset({"*"})  # a promise about every target

SAMPLES = "samples"  # of weights: pictures to look at, uint8 (rows, columns, 3, H, W); never shared

T = TypeVar("T", bool, int, float, str)


def field(default: T, *, about: str, at: Literal["fit", "protect", "place"] = "fit") -> T:
    """A field of a plugin.

    Args:
        default: used where neither preset nor spec says otherwise.
        about: one line for `bench list`, with the unit.
        at: the step that it changes. A `protect` field leaves the key of `fit` alone, so one
            trained defense serves all its values; a `place` says where files lie and enters no key
            (their content does).
    """
    made: T = dataclasses.field(default=default, metadata={"about": about, "at": at})
    return made


@dataclass(frozen=True, eq=False)
class Context:
    """What a method may use besides its arguments.

    Attributes:
        row_rngs: one generator per picture, in the order of the faces; `protect` and `encode` draw
            from these only, so that a picture's luck depends on nothing but itself.
        device: a torch device's name.
        log: takes a line of text.
        progress: takes the share done, 0..1.
        scratch: an empty folder, kept until the stage ends, for checkpoints.
    """

    row_rngs: Sequence[np.random.Generator]
    device: str
    log: Callable[[str], None]
    progress: Callable[[float], None]
    scratch: Path
    training_rng: np.random.Generator | None = None

    @property
    def rng(self) -> np.random.Generator:
        """The generator for training.

        Raises:
            RuntimeError: where pictures are protected or attacked: a stream shared by pictures
                ties them to one another.
        """
        if self.training_rng is None:
            raise RuntimeError("context.rng is for fit; here draw from context.row_rngs[i]")
        return self.training_rng


class Plugin:
    """What all plugins share; `name` is given by the registry."""

    name: ClassVar[str]
    presets: ClassVar[Mapping[str, Mapping[str, Value]]] = {}


class Defense(Plugin, ABC):
    """Changes pictures so that something can no longer be told from them.

    Attributes:
        hides, keeps: targets that it promises to hide and to keep.
        discloses: what a threat may tell an attacker: notes, or arrays of the weights.
        imposes: targets that it shows another class of, each with the note that says which.
        changes_nothing: its release is the input (the control `none`).
    """

    hides: ClassVar[frozenset[str]] = ANY
    keeps: ClassVar[frozenset[str]] = ANY
    discloses: ClassVar[frozenset[str]] = frozenset()
    imposes: ClassVar[Mapping[str, str]] = {}
    changes_nothing: ClassVar[bool] = False

    @property
    def reads_to_fit(self) -> tuple[str, ...]:
        """Labels that `fit` reads; all others are withheld."""
        return ()

    @property
    def reads_to_protect(self) -> tuple[str, ...]:
        """Labels that `protect` and `encode` read; all others are withheld."""
        return ()

    def fit(self, faces: Faces, context: Context) -> Weights:
        """What the defense learns from the defender's pictures."""
        return {}

    @abstractmethod
    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures as they are given out, in the same order."""


@dataclass(frozen=True, kw_only=True)
class Learned(Defense):
    """A defense that learns: a base of every one that has a `fit`.

    It gives each of them a field that names a file, from which the suite takes what was learned
    elsewhere instead of calling `fit`.
    """

    weights: str = field("", about="file of `bench weights export`, not to fit anew", at="place")

    @abstractmethod
    def fit(self, faces: Faces, context: Context) -> Weights:
        """What the defense learns from the defender's pictures."""

    @classmethod
    def published_as(cls, state: Weights) -> str:
        """The field that takes a network published as this state dict; empty if there is none.

        Raises:
            ValueError: if the defense takes such networks, but not this one.
        """
        return ""


class LatentDefense(Defense):
    """A defense with a code that could be given out instead of pixels."""

    @abstractmethod
    def encode(self, faces: Faces, weights: Weights, context: Context) -> NDArray[np.float32]:
        """The codes of the pictures, float32, (N, D)."""


@runtime_checkable
class Decoder(Protocol):
    """What a latent defense also is if pictures can be made of any code; for `bench apply`."""

    def decode(
        self,
        codes: NDArray[np.float32],
        condition: Mapping[str, NDArray[Any]],
        weights: Weights,
        context: Context,
    ) -> NDArray[np.uint8]:
        """Pictures, uint8 (N, 3, H, W), of codes, (N, D), under conditions of a row each."""
        ...


class Knowledge(NamedTuple):
    """All that an attacker may learn from.

    Attributes:
        train: what it fits.
        valid: what it stops and chooses by: other people (`open`) or other takes (`closed`).
        gallery: labelled pictures of the people asked about, where the threat grants them.
        target: what it is asked; for people, classes are meaningless numbers.
        told: names of what the threat grants beside: notes, which its samples hold, and arrays.
        start: where it learns from protected pictures, what the same attacker learned from raw ones
            (whoever can protect pictures has raw ones); it may start from there.
        disclosed: those arrays of the defense's weights, by name.
    """

    train: Sample
    valid: Sample
    gallery: Sample | None
    target: Target
    told: frozenset[str]
    start: Weights | None = None
    disclosed: Weights = MappingProxyType({})


class Attacker(Plugin, ABC):
    """Learns to tell a target from what a defense gives out.

    Attributes:
        forms: what it can read.
        uses_start: it starts from `Knowledge.start` where there is one.
        uses_gallery: it learns from `Knowledge.gallery`, and runs only where a threat grants it.
        uses_told: it learns from the notes that a threat grants; others are not asked under one.
    """

    forms: ClassVar[frozenset[Form]] = frozenset({"pixels"})
    uses_start: ClassVar[bool] = False
    uses_gallery: ClassVar[bool] = False
    uses_told: ClassVar[bool] = False

    @abstractmethod
    def fit(self, knowledge: Knowledge, context: Context) -> Weights:
        """What it learns; `curve.*` arrays tell how the training went."""


class Classifier(Attacker):
    """Answers with a score per class."""

    @abstractmethod
    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Scores, float32, (N, C); higher is likelier."""


class Regressor(Attacker):
    """Answers with a number."""

    @abstractmethod
    def predict(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Numbers, float32, (N,)."""


class Matcher(Attacker):
    """Answers whether two pictures show one person, also people whom it has never seen.

    Templates are compared by their cosine.
    """

    @abstractmethod
    def embed(self, sample: Sample, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Templates, float32, (N, D), of any length."""


@dataclass(frozen=True)
class Threat:
    """What an attacker has in hand.

    Attributes:
        learns_from, enrolls, answers_about: raw pictures, protected ones, codes, or (`reread`) the
            codes that the defense's encoder reads off protected pictures.
        draws: releases of each picture that it learns from.
        queries: releases of each picture asked about; the runner averages the answers.
        grants: notes and arrays of the weights that it is told (`told=NAME`).
        gallery: it has labelled raw pictures of the people asked about (`gallery=true`).
    """

    name: str
    learns_from: Source
    enrolls: Source
    answers_about: Source
    draws: int = 1
    queries: int = 1
    grants: frozenset[str] = frozenset()
    gallery: bool = False

    @property
    def form(self) -> Form:
        """What is given out."""
        return "codes" if self.answers_about == "codes" else "pixels"


class Collection(NamedTuple):
    """A data set in memory: its pictures and what can be asked about them."""

    faces: Faces
    targets: tuple[Target, ...]


class Dataset(Plugin, ABC):
    """Pictures with labels; among these `identity`, and `take` where it has sittings.

    Attributes:
        shareable: its pictures show nobody, so they may be printed on sheets.
        protocol: who is defender, attacker and probe (bench.data.protocols).
        align: MTCNN found its faces; those in releases are then looked for, too.
    """

    shareable: ClassVar[bool] = False
    align: bool = False
    protocol: str
    seed: int

    @property
    @abstractmethod
    def asks(self) -> tuple[Target, ...]:
        """What can be asked, known without reading pictures; classes may still be missing."""

    def files(self) -> Sequence[Path]:
        """The files that it reads; their content enters the key."""
        return ()

    @abstractmethod
    def load(self, context: Context) -> Collection:
        """All pictures, decoded, with rows drawn by `bench.data.protocols.new_rows`."""
