"""Scores that a program outside gave to pictures; they are found again by the pictures' pixels."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import platformdirs
from numpy.typing import NDArray
from scipy import linalg

from bench.api import Attacker, Threat, field
from bench.data.copies import drawn_name
from bench.faces import Array, Target, Weights
from bench.names import file_name

IDENTITY = "identity"
FOLDER = "BENCH_SCORES"  # environment variable: the folder of what `bench scores read` accepted
N_DIGITS = 12  # of a file's SHA-256, in its name
_SUFFIX = ".npz"

Floats = NDArray[np.float32]


class Scores(NamedTuple):
    """What a program said of pictures.

    Attributes:
        names: `drawn_name` of each picture, (N,).
        values: float32, (N, C): a score for each class, or templates.
        classes: of the scores; empty for templates.
        target: `file_name` of the label that the scores tell; `identity` for templates.
    """

    names: tuple[str, ...]
    values: Floats
    classes: tuple[str, ...] = ()
    target: str = ""

    def lacking(self, target: Target) -> str:
        """Which classes of the target have no scores; empty if all have."""
        names = [name for name in target.classes if name not in self.classes]
        return f"no scores of {', '.join(names)}, classes of {target.name}" if names else ""


@dataclass(frozen=True)
class OutsideAttacker(Attacker):
    """The base of attackers outside, whose scores came back in a file."""

    answers: str = field("", about="NAME-DIGEST, as `bench scores read` prints it")

    frozen = True

    @property
    def not_installed(self) -> str:
        """How to get its scores; empty if they are here."""
        return missing_scores(self.answers)

    def skip_reason(self, target: Target, threat: Threat, protocol: str) -> str:
        """Why this attacker cannot answer under this threat; empty if it can."""
        reason = super().skip_reason(target, threat, protocol)
        if reason or self.not_installed:
            return reason
        scores = read_scores(self.answers)
        if scores.target != file_name(target.name):
            return f"{self.answers} has answers about {scores.target}, not {target.name}"
        return "" if target.name == IDENTITY else scores.lacking(target)


def folder() -> Path:
    """The folder that BENCH_SCORES names, or the user's."""
    named = os.environ.get(FOLDER)
    return Path(named) if named else platformdirs.user_data_path("unmask-bench") / "scores"


def write_scores(scores: Scores, label: str) -> str:
    """Keeps the scores; returns LABEL-DIGEST, by which attackers name them."""
    folder().mkdir(parents=True, exist_ok=True)
    draft = folder() / f".{label}-{os.getpid()}{_SUFFIX}"
    np.savez(draft, **scores._asdict())
    name = f"{label}-{_digest(draft)}"
    draft.replace(_path(name))
    return name


def missing_scores(name: str) -> str:
    """How to get the scores of this name; empty if they are here."""
    if not name:
        return "expected answers=NAME, as `bench scores read` prints it"
    if _path(name).is_file():
        return ""
    return f"scores {name!r} are not in {folder()}; `bench scores read` puts them there"


def read_scores(name: str) -> Scores:
    """The scores of this name.

    Raises:
        FileNotFoundError: if they are not here.
        ValueError: if they are not what the name says.
    """
    if problem := missing_scores(name):
        raise FileNotFoundError(problem)
    if (digest := _digest(_path(name))) != name[-N_DIGITS:]:
        raise ValueError(
            f"expected a SHA-256 that begins with {name[-N_DIGITS:]}, got {digest} of "
            f"{_path(name)}; read the program's CSV again"
        )
    with np.load(_path(name)) as held:
        names, classes = tuple(held["names"].tolist()), tuple(held["classes"].tolist())
        return Scores(names, held["values"], classes, str(held["target"]))


def learned(scores: Scores) -> Weights:
    """The scores as arrays: `pictures`, uint8 (N, 12), and `values`."""
    digests = np.frombuffer(bytes.fromhex("".join(scores.names)), np.uint8)
    return {"pictures": digests.reshape(len(scores.names), -1), "values": scores.values}


def looked_up(images: Array, weights: Weights) -> Floats:
    """The values of pictures, uint8 (N, 3, H, W), as (N, C).

    Raises:
        ValueError: if the program was not asked about one of them.
    """
    row_of = {digest.tobytes().hex(): row for row, digest in enumerate(weights["pictures"])}
    names = [drawn_name(np.asarray(image, np.uint8)) for image in images]
    if lacking := [name for name in names if name not in row_of]:
        raise ValueError(
            f"expected scores of {len(names)} pictures, got none of {len(lacking)}, e.g. "
            f"{lacking[0]}.png; export the pictures of this very grid, and "
            "ask about all of them"
        )
    return np.asarray(weights["values"][[row_of[name] for name in names]], np.float32)


def templates(similarities: Mapping[tuple[str, str], float]) -> Scores:
    """Unit vectors whose cosines are the similarities of (probe, gallery), shifted and scaled.

    Gallery pictures are nearly orthogonal; the entries of a probe are its similarities with them. A
    picture may be on both sides (a defense may release two equal ones); then the similarity of two
    such pictures is the mean over both orders. Pairs that are not given count as average.
    """
    gallery = sorted({second for _, second in similarities})
    probes = sorted({first for first, _ in similarities} - {*gallery})
    names = (*gallery, *probes)  # G of M
    row = {name: number for number, name in enumerate(names)}
    first, second = np.array([(row[a], row[b]) for a, b in similarities]).T
    given = np.array([*similarities.values()], float)
    n, known = len(gallery), np.zeros((len(names), len(gallery)), bool)
    near = np.zeros(known.shape)
    near[first, second], known[first, second] = given - given.mean(), True  # (M, G)
    twice = np.maximum(1, known[:n].astype(int) + known[:n].T)
    gram = (near[:n] + near[:n].T) / twice  # (G, G)
    np.fill_diagonal(gram, 0)
    # With this diagonal the matrix is positive definite, and no probe is longer than a template.
    length = 2 * max(np.abs(gram).sum(axis=1).max(), np.linalg.norm(near, axis=1).max(), 1e-9)
    lower = linalg.cholesky(gram + length * np.eye(n), lower=True)
    made = linalg.solve_triangular(lower, near[n:].T, lower=True).T  # (M - G, G)
    rest = np.sqrt(length - (made**2).sum(axis=1, keepdims=True))
    values = np.block([[lower, np.zeros((n, 1))], [made, rest]]) / np.sqrt(length)  # (M, G + 1)
    return Scores(names, values.astype(np.float32), target=IDENTITY)


def _path(name: str) -> Path:
    return folder() / f"{Path(name).name}{_SUFFIX}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:N_DIGITS]
