"""Threats: what an attacker learns from and sees, written like plugins (`aware:draws=4`)."""

from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from bench.faces import Sample, Target, Weights
from bench.names import hint
from bench.spec import Spec, coerced

Form = Literal["pixels", "codes"]
Source = Literal["raw", "protected", "codes", "reencode"]
FacePoints = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Threat:
    """What an attacker knows and sees.

    Attributes:
        learns_from, enrolls, answers_about: raw pictures, protected ones, codes, or (`reencode`)
            the codes that the defense's own encoder computes from protected pictures.
        draws: releases of each training picture.
        queries: releases of each probe picture; the runner averages the answers.
        grants: names of notes and arrays of the weights that it is given (`side_info=NAME`).
        gallery: it has labelled raw pictures of the probe's people (`gallery=true`).
        clean: it cleans all pictures first, those that it learns from, enrolls and is asked about
            (`clean=true`; bench.forensics.cleaning).
    """

    name: str
    learns_from: Source
    enrolls: Source
    answers_about: Source
    draws: int = 1
    queries: int = 1
    grants: frozenset[str] = frozenset()
    gallery: bool = False
    clean: bool = False

    @property
    def form(self) -> Form:
        """The form of the release."""
        return "codes" if self.answers_about == "codes" else "pixels"

    @property
    def reads(self) -> Form:
        """The form that the attacker reads: codes, too, where it encodes released pixels itself."""
        return "codes" if self.answers_about in ("codes", "reencode") else "pixels"


class Knowledge(NamedTuple):
    """All that an attacker may learn from.

    Attributes:
        train: what it fits.
        valid: for early stopping and selection: other people (`open`) or other takes (`closed`).
        gallery: labelled raw pictures of the probe's people, where the threat grants them.
        target: what it must answer; for identity, classes are meaningless numbers.
        side_info: names of what the threat grants: notes, which the samples hold, and arrays.
        start: for attackers of protected pictures, the weights of the same attacker trained on raw
            pictures (whoever can protect pictures has raw ones); it may start from there.
        disclosed: the granted arrays of the defense's weights, by name.
        face_points: where faces stand in the pictures (`Dataset.face_points`), if it needs that.
    """

    train: Sample
    valid: Sample
    gallery: Sample | None
    target: Target
    side_info: frozenset[str]
    start: Weights | None = None
    disclosed: Weights = MappingProxyType({})
    face_points: FacePoints = ()

    @property
    def told(self) -> frozenset[str]:
        """`side_info` by its name in 0.1."""
        return self.side_info


RAW = Threat("raw", learns_from="raw", enrolls="raw", answers_about="protected")
THREATS = {
    threat.name: threat
    for threat in (
        RAW,
        Threat("lazy", learns_from="raw", enrolls="protected", answers_about="protected"),
        Threat("aware", learns_from="protected", enrolls="protected", answers_about="protected"),
        Threat("latent", learns_from="codes", enrolls="codes", answers_about="codes"),
        Threat("reencode", learns_from="codes", enrolls="codes", answers_about="reencode"),
    )
}
MOST = 1000  # draws or queries: each is a release of its own
FIELDS = {"draws": int, "queries": int, "side_info": str, "gallery": bool, "clean": bool}
_NAMES_IN_0_1 = {"reread": "reencode", "told": "side_info"}


def current(spec: Spec) -> Spec:
    """The spec of a threat with names of 0.1 replaced by today's."""
    fields = ((_NAMES_IN_0_1.get(name, name), value) for name, value in spec.fields)
    return Spec(_NAMES_IN_0_1.get(spec.name, spec.name), spec.preset, tuple(sorted(fields)))


@cache
def threat(spec: Spec) -> Threat:
    """The threat that a spec names.

    Raises:
        ValueError: if the name, a field or a value is unknown, or codes are to be cleaned.
    """
    spec = current(spec)
    name, fields = str(Spec(spec.name, spec.preset)), dict(spec.fields)
    if (known := THREATS.get(name)) is None:  # threats have no presets
        raise ValueError(f"expected a threat, got {name!r}; {hint(name, THREATS)}")
    if unknown := sorted(set(fields) - set(FIELDS)):
        about = f"threat `{spec}`: expected a field of threats, got {unknown[0]!r}"
        raise ValueError(f"{about}; {hint(unknown[0], FIELDS)}")
    try:
        given: dict[str, Any] = {k: coerced(k, value, FIELDS[k]) for k, value in fields.items()}
    except ValueError as error:
        raise ValueError(f"threat `{spec}`: {error}") from error
    for name in ("draws", "queries"):
        if not 1 <= given.get(name, 1) <= MOST:
            raise ValueError(f"threat `{spec}`: expected {name} in [1, {MOST}], got {given[name]}")
    if given.get("clean") and known.reads == "codes":
        raise ValueError(
            f"threat `{spec}`: expected pictures to clean, got codes; use aware, lazy or raw"
        )
    side_info = given.pop("side_info", "")
    return replace(known, grants=frozenset(side_info.split("+") if side_info else ()), **given)
